"""The rules of saved replies: nothing unfilled is ever sendable, nobody's words are read as a placeholder, and what a check says."""

import re
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cases.models.category import Category
from cases.replies import (
    ACTS,
    PLACEHOLDERS,
    TEXT_MOST,
    Draft,
    added,
    check,
    fill,
    in_order,
    is_unchanged,
    language_of,
    not_sendable,
    offered,
    pieces,
    unfilled,
)
from cases.words import ENGLISH_ONLY, NOT_FOR_CUSTOMERS, forbidden_in, instead_of

LANGUAGES = {"en": "English", "de": "German"}
slots = st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS])
gaps = st.text(st.characters(exclude_characters="[]\n{}", exclude_categories=("Cs", "Z", "C")), min_size=1, max_size=30)
plain = st.text(st.characters(exclude_characters="[]{}", exclude_categories=("Cs",)), max_size=40)
templates = st.lists(st.one_of(plain, slots, gaps.map("[[{}]]".format)), min_size=1, max_size=8).map("".join)
#: Names and texts people may have, signs of our own included.
anything = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=30),
    st.sampled_from(["{reference}", "[[x]]", "{", "}}", "[[", "{{customer_name}}", "Sam {my_name}", "]] [["]),
)
values = st.fixed_dictionaries({}, optional=dict.fromkeys(PLACEHOLDERS, anything))


class TestFilling:
    @given(templates, values)
    @example("{customer_name}", {"customer_name": "{reference}", "reference": "MP-1"})
    @example("[{customer_name}]", {"customer_name": "[x]"})
    def test_what_is_left_is_only_what_nobody_knows(self, template, known):
        """Every gap left was written as one, or stands for a value nobody has; values add none and are not read."""
        filled = fill(template, known)
        missing = {
            f"[[{words}]]"
            for name, words in PLACEHOLDERS.items()
            if not " ".join(re.sub(r"[{}\[\]]", "", known.get(name, "")).split())
        }
        assert set(unfilled(filled)) <= set(unfilled(template)) | missing
        assert not re.search(r"\{(" + "|".join(PLACEHOLDERS) + r")\}", filled)

    @given(templates, values)
    def test_a_text_with_something_to_fill_in_cannot_be_sent(self, template, known):
        filled = fill(template, known)
        left = unfilled(filled)
        assert bool(not_sendable(filled)) == bool(left)
        written = filled
        for one in left:
            written = written.replace(one, "yes")
        assert not_sendable(written) == ""

    @given(st.text(st.characters(exclude_categories=("Cs",))).filter(lambda t: not unfilled(t)))
    def test_any_other_text_can(self, text):
        assert not_sendable(text) == ""

    def test_what_people_and_shells_write_is_no_gap(self):
        assert not_sendable("Use {curly} words, a[[1] and if [[ -n $x ]]; then") == ""
        assert "“[[what you did]]”" in not_sendable("I did [[what you did]].")
        assert not_sendable("[[begun over\ntwo lines]]")
        assert "“[[what you did”" in not_sendable("I did [[what you did")
        assert "“[[what you did]”" in not_sendable("I did [[what you did], as you asked.")
        assert "“[[what you did [see photo]]]”" in not_sendable(
            "I did [[what you did [see photo]]]]".replace("]]]]", "]]]")
        )
        assert "“{customer_name}”" in not_sendable("Dear {customer_name},")
        assert "and more" in not_sendable("[[a]] [[b]] [[c]] [[d]]")

    def test_a_placeholder_nobody_knows_becomes_a_gap(self):
        assert fill("By {next_update}.", {}) == "By [[when the customer next hears from us]]."
        assert fill("{nonsense} {}", {"nonsense": "x"}) == "[[nonsense]] [[to be filled in]]"

    def test_a_value_is_one_line_without_our_signs(self):
        assert fill("Dear {customer_name},", {"customer_name": " Sam\n[[Okafor]] {x} "}) == "Dear Sam Okafor x,"

    @given(templates, values)
    def test_pieces_are_the_whole_text(self, template, known):
        text = fill(template, known)
        assert "".join(piece for piece, _ in pieces(text)) == text

    def test_inserting_loses_nothing(self):
        assert added("", "The reply.") == added(" \n", "The reply.") == "The reply."
        assert added("My own words. \n", "The reply.") == "My own words.\n\nThe reply."


class TestUnchanged:
    @given(templates, st.fixed_dictionaries(dict.fromkeys(PLACEHOLDERS, gaps)))
    def test_a_filled_reply_with_its_gaps_written_is_unchanged(self, template, known):
        sent = fill(template, known)
        for gap in unfilled(sent):
            sent = sent.replace(gap, "what I did")
        assert is_unchanged(template, sent)

    @pytest.mark.parametrize(
        "sent", ["Sent 10 back.", "I sent 10 back. Bye.", "I sent  back.", "I sent 10 book.", "", "I sent"]
    )
    def test_other_words_are_a_change(self, sent):
        assert is_unchanged("I sent [[the amount]] back.", "I sent 10 back.")
        assert not is_unchanged("I sent [[the amount]] back.", sent)

    def test_the_two_ends_are_not_counted_twice(self):
        assert not is_unchanged("a [[x]] a", "a a")
        assert is_unchanged("No gap.", "No gap.") and not is_unchanged("No gap.", "No gap")

    def test_a_long_text_with_many_gaps_takes_no_time(self):
        assert not is_unchanged(" [[x]]" * 300 + "!", " y" * 5000)


def revision(title, topic=None, acts=("update",), level=1):
    return SimpleNamespace(title=title, topic=topic and Category(slug=topic), acts=acts, up_to_level=level)


class TestOffered:
    ROWS = [
        revision("b all"),
        revision("A all"),
        revision("money", "money"),
        revision("refunds", "refunds"),
        revision("other", "delivery"),
        revision("up", "money", level=3),
        revision("ask", "refunds", acts=("wait_customer",)),
    ]

    def titles(self, **asked):
        wanted = {"act": "update", "level": 1, "lineage": ("refunds", "money")} | asked
        return [row.title for row in offered(self.ROWS, **wanted)]

    def test_the_most_special_topic_comes_first(self):
        assert self.titles() == ["refunds", "money", "up", "A all", "b all"]
        assert self.titles(lineage=("money",)) == ["money", "up", "A all", "b all"]
        assert self.titles(lineage=("unknown",)) == ["A all", "b all"]

    def test_the_level_and_the_act_count(self):
        assert self.titles(level=3) == ["up"]
        assert self.titles(act="wait_customer") == ["ask"]
        assert self.titles(act="answer") == []

    def test_the_customers_language_comes_first_and_english_always(self):
        both = {"en": "Hello", "de": "Hallo"}
        assert in_order(both, "de-AT") == [("de", "Hallo"), ("en", "Hello")]
        assert in_order(both, "en") == in_order(both, "fr") == [("en", "Hello")]
        assert language_of("PT_br") == "pt"


def said(text, acts=("update",), **texts):
    draft = Draft("A title", None, acts, 1, {"en": text, "de": "Ein Text."} | texts)
    return [(one.field, one.sentence) for one in check(draft, LANGUAGES) if one.stops]


class TestCheck:
    def test_a_good_one_has_nothing_that_stops_it(self):
        assert said("I have asked [[whom]]. You hear from me by {next_update}.", de="Bis {next_update}.") == []

    @pytest.mark.parametrize("word", NOT_FOR_CUSTOMERS)
    def test_words_customers_never_read(self, word):
        ((field, sentence),) = said(f"We have your {word.upper()}s here.")
        assert field == "texts.en" and sentence.endswith(".")
        assert word.lower() in sentence.lower()
        elsewhere = said("Fine.", de=f"Ihr {word} ist da.")
        assert [field for field, _ in elsewhere] == ([] if word in ENGLISH_ONLY else ["texts.de"])

    def test_the_words_in_their_forms_and_no_others(self):
        assert forbidden_in("Tickets were queued, breached, escalating and resolved; ticket.") == [
            "Tickets", "queued", "breached", "escalating", "resolved", "ticket",
        ]  # fmt: skip
        assert forbidden_in("An agenda, a frontier and a slate at Tierney's; resolution") == []
        assert instead_of("Tickets") == "case" and instead_of("queue") == ""

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Dear {name},", "No placeholder is called {name}."),
            ("Dear {customer_name,", "Braces stand in pairs"),
            ("Dear {customer\n_name},", "Braces stand in pairs"),
            ("Did [[what.", "A gap is"),
            ("Did [[ what]].", "A gap is"),
            ("Did [[]].", "A gap is"),
            ("Did [[" + "x" * 120 + "]].", "A gap is"),
            ("Did [[what {reference}]].", "cannot stand inside"),
            ("x" * (TEXT_MOST + 1), "Too long: 2,001 characters"),
        ],
    )
    def test_marks_that_would_not_work(self, text, words):
        assert any(words in sentence for _, sentence in said(text)), said(text)

    def test_the_next_update_is_of_updates_alone(self):
        assert said("By {next_update}.") == []
        assert "known only for updates" in said("By {next_update}.", acts=("update", "answer"))[0][1]

    def test_what_is_missing(self):
        draft = Draft(" ", None, (), 0, {"en": "", "de": "Ein Text."})
        assert {one.field for one in check(draft, LANGUAGES)} == {"title", "acts", "up_to_level", "texts.en"}
        assert {one.field for one in check(Draft("x" * 81, None, ("close",), 1, {"en": "A."}), LANGUAGES)} >= {
            "title", "acts",
        }  # fmt: skip

    def test_notes_do_not_stop_it(self):
        draft = Draft("A", None, tuple(ACTS), 1, {"en": "A." * 460})
        notes = check(draft, LANGUAGES)
        assert [one.stops for one in notes] == [False, False]
        assert "Long: 920" in notes[0].sentence and "No German text." in notes[1].sentence
        draft = Draft("A", None, ("update",), 1, {"en": "Case {reference}.", "de": "Ein Fall."})
        (note,) = check(draft, LANGUAGES)
        assert (note.field, note.stops) == ("texts.de", False) and "other placeholders" in note.sentence
