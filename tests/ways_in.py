"""How a browser of a test gets in: by the password of the cast, over the page everybody uses."""

from tests.cast import PASSWORD


def sign_in_by_password(page, email: str, password: str = PASSWORD) -> None:
    """On the page that asks for an address: takes the way with a password and presses the button."""
    page.get_by_role("link", name="Use a password instead").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
