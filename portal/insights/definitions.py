"""What each figure means: one table for the page of definitions, in the words of a manager."""

from __future__ import annotations

from typing import NamedTuple

from feedback.cohorts import MIX_FROM, MIX_MOST
from feedback.intervals import COMPARED, ENOUGH
from feedback.unusual import IN_A_ROW
from portal.charts import percent


class Definition(NamedTuple):
    """One figure: its formula in a line, what is counted, and what to beware of."""

    slug: str
    name: str
    formula: str
    counted: str
    beware: str = ""


DEFINITIONS = (
    Definition(
        "satisfied",
        "Satisfied (CSAT)",
        "answers of 4 or 5 ÷ all answers",
        "Answers to “How satisfied are you with how we handled your case?”, in the week they were given. A changed answer counts once, as it stands now. What people who work here say of cases they filed themselves is not counted.",
        "Those who answer are not all who were asked: read it together with the share that answered.",
    ),
    Definition(
        "low-in-time",
        "Low scores answered in time",
        "answered or closed by a supervisor by the time it was owed ÷ low scores and “not fixed” with a name whose time has come",
        "Who answers 1 or 2, or whatever the score that it is not fixed, is owed an answer by a supervisor within some working hours. By letter, by phone, and closed with a reason where the customer did not want to be contacted all count, in the period in which the answer was owed. Those that are still open count as soon as their time has come.",
        "Answers without a name are owed none. A better answer given before the time counts neither way, one given after it does not make us punctual.",
    ),
    Definition(
        "response",
        "Invited and answered",
        "invited in the period and answered since ÷ invited in the period",
        "Invitations by e-mail. Who answers on the case page before we ask by e-mail is not invited any more and counts only as an answer: so there can be more answers than invitations. The figures say how many came in which way.",
    ),
    Definition(
        "addressed",
        "Is the problem fixed?",
        "yes ÷ (yes + partly + no)",
        "The second question of the survey: whether the customer’s concern was addressed. Partly is shown by itself and is not a yes. Who leaves the question out is not counted. Team and level are those the case has now.",
    ),
    Definition(
        "heard",
        "Felt heard",
        "yes ÷ (yes + partly + no)",
        "“Did you feel heard?”, asked only of customers whose case was passed up or began above the first level. It stands beside how satisfied they are and is no part of it.",
        "A customer can feel heard and not be satisfied, and the other way round: read both.",
    ),
    Definition(
        "easy",
        "It was easy",
        "agree or strongly agree ÷ all who said how far they agree; beside it the mean of 1 (strongly disagree) to 5",
        "“… made it easy to handle my issue”, on the second page of the survey, which may be skipped or switched off. The mean (CES) has Student’s 95% interval, which ends where the scale does.",
        "Fewer answer it than the first page. Steps of such a scale are not equally wide: read the share first, the mean for comparing with others’.",
    ),
    Definition(
        "recovery",
        "Better at the end, recovery lift",
        "final score above the interim one ÷ cases with both; lift: mean of final score − interim score, in points of 5",
        "Where “Are we on the right track?” is asked while an escalated case is under way, its last answer stands against how satisfied the customer was at the end. Only cases with both are counted, in the period of the final score.",
        "The two questions differ, and who answers both is a patient customer: read it as a direction.",
    ),
    Definition(
        "without-a-name",
        "Answers without a name",
        "counted in every figure, listed in none",
        "Where the portal is set to ask without a name, an answer counts as every other one, but neither the case, the lists behind the numbers nor their files say whose it is.",
    ),
    Definition(
        "first-contact",
        "Fixed at first contact",
        "settled with one message of ours and not opened again within 7 days ÷ all that were settled",
        "Of the cases filed in the period and filed here: the answer was accepted, or closed because nobody answered it, and it was the only thing a person of ours had written to the customer until then. A question, an update, a reason, an apology or a supervisor’s answer is a second message; what Milepost sends by itself, a confirmation by name, a hand-over and a note are none. A case that went above the first level before it was settled is not fixed at first contact. Opened again within 7 days counts against it, and so does a new case that goes on from it.",
        "What was settled less than 7 days ago is too young to tell and counts neither way. What takes long is not settled yet: the figure of the last weeks can still fall. Imported history is left out, for it does not say how often anybody wrote.",
    ),
    Definition(
        "came-again",
        "Came again within 30 days",
        "incidents whose customer had another one of the same topic in the 30 days before ÷ incidents filed in the period",
        "Every case filed in the period is an incident, unless it was joined to another case or withdrawn. It came again when the same person had filed a case of the same topic, itself neither joined nor withdrawn, at most 30 days before it. The cases are taken with the topic they have now.",
        "The same topic is not always the same cause: the list behind the number says which. A customer who writes often shows up often.",
    ),
    Definition(
        "escalated",
        "Escalation rate",
        "cases filed in the period and escalated since ÷ cases filed in the period",
        "Cases, never events: a case that goes up four levels counts once. Escalated means up at least one level, by a person, by a missed time, or placed above the first level when it was assessed.",
        "The youngest cases may still go up, so the last week can only rise. With a team or a level chosen, it is the share of the cases they have now that were escalated.",
    ),
    Definition(
        "escalated-first-team",
        "Escalation rate by first team",
        "cases that came first to a team and were escalated since ÷ cases that came first to it",
        "The first team is the first one the log names, whoever has the case now: what went up has left it. Of cases filed in the period.",
        "A team with hard topics passes up more: compare within a topic.",
    ),
    Definition(
        "nights",
        "Letters at night",
        "letters about cases sent to colleagues at night ÷ people of the team ÷ weeks of the period",
        "From 22:00 to 7:00 of each reader’s own time zone. Teams as they are now; who stands in several counts in each, and once in all of them. Of fewer than 5 people nothing is shown.",
        "It counts letters, not who woke up.",
    ),
    Definition(
        "adherence",
        "Kept to the protocol",
        "steps done in order and in time ÷ steps required that have ended",
        "Of cases filed here. Steps are the review, the confirmation, each update or reply, the answer, a supervisor’s answer and the question how we did; each is required once its clock has started, unless the case took another way. The same as on a case’s page, added up.",
        "A case with many steps weighs more, and those of one case are alike: the interval is somewhat too narrow.",
    ),
    Definition(
        "post-mortems",
        "Post-mortems and nobody left, of 1,000 cases",
        "cases with at least one ÷ cases filed here, × 1,000",
        "A post-mortem looks back where the plan failed a customer. A case counts once, however many it had.",
        "The youngest cases may still have one.",
    ),
    Definition(
        "retros",
        "Retros answered",
        "answered since ÷ asked of colleagues in the period",
        "Each colleague who carried a case that was passed up is asked once it is settled. Skipped counts as not answered.",
        "The youngest may still be answered.",
    ),
    Definition(
        "helped-back",
        "Passed up, and sent back with help",
        "sent back with help ÷ passed up by a colleague in the period",
        "Cases a colleague passed up, by the team that had them then, and whether a supervisor sent them back with help; a case counts once for a team. Anybody may pass up any case they see; nobody can refuse it.",
        "It says what a team lacks, never who asked: no figure counts passing up by person. Help may still come for the youngest.",
    ),
    Definition(
        "time-all",
        "Time to an answer",
        "from filing to the accepted or closed answer; half were faster than the median, 9 in 10 faster than the 90th percentile",
        "All cases filed in the period, escalated or not, in time on the wall. A case the customer opened again has no answer until it has one again. What is open, and what ended without an answer, counts as longer than it has taken so far (Kaplan and Meier).",
        "Most cases are easy, so it says little of the hard ones: for those see the time of escalated cases.",
    ),
    Definition(
        "time",
        "Time to an answer when escalated",
        "from filing to the accepted or closed answer; half were faster than the median, 9 in 10 faster than the 90th percentile",
        "Escalated cases filed in the period, in time on the wall and in working time of the office calendar. What is still open counts as longer than it has taken so far, and so does what ended without an answer (Kaplan and Meier): nobody improves the figure by leaving cases open.",
        "Working time goes on while we wait for the customer: it is how long it took, not how long we worked on it.",
    ),
    Definition(
        "kept",
        "Promises kept",
        "kept ÷ (kept + broken)",
        "Times we told a customer, that came in the period. Moved with a reason, stopped while we waited for the customer, and not needed any more are neither. The customer’s own time to say yes or no is no promise of ours.",
        "One case has several promises, and those of one case are alike: the interval is somewhat too narrow.",
    ),
    Definition(
        "topics",
        "Topics: how many, how severe, how complex",
        "cases filed in the period, by topic; a week: cases ÷ days of the period × 7",
        "Severity and topic are those the case has now. Complexity counts cases that somebody here assessed: what was imported, or is not assessed yet, would be simple only by default.",
        "A topic below another one counts by itself and not in the one above.",
    ),
    Definition(
        "again",
        "Opened again",
        "cases the customer opened again after an answer ÷ cases that had an answer",
        "“Not fixed” to an answer, or a settled case reopened; a case counts once. Who comes back without having had an answer is not counted.",
        "The youngest cases may still be opened again.",
    ),
    Definition(
        "upset",
        "Upset customers",
        "cases whose customer was marked as upset ÷ cases filed here",
        "Marked by a colleague, or because something the customer wrote has a word or phrase the protocol lists; once is enough, also when they were calm again later. Imported history is left out.",
        "A list of words finds what it names and nothing else: it misses quiet anger, and finds a quoted word. It counts topics, never people.",
    ),
    Definition(
        "routine",
        "Routine share",
        "cases that never left level 1 ÷ cases with an accepted or closed answer",
        "Of the cases filed in the period, those settled by level 1 from beginning to end. What was placed above it, went up, or went up and came down again is not routine.",
        "In imported history nothing goes up, so all of it is routine: choose a source. A case that is opened again drops out until it is settled once more.",
    ),
    Definition(
        "add-a-rule",
        "Suggestion: add a rule",
        "passed up without a rule ÷ cases filed here; opened again after an answer of level 1 ÷ cases with an answer of level 1",
        f"Passed up by a person at least once while no guideline and no policy of the topic said must or should, and not for nothing (see below). It is suggested where one of the two is clearly more for a topic than for all others together, at least {ENOUGH} on both sides, and the protocol in force neither requires passing the topic up nor has a rule with must or should that names it or a topic above it.",
        "Missed times are no part of it: they say that somebody was late, not that a rule is missing. Levels at which cases start go by severity and complexity; what was placed there is not counted either.",
    ),
    Definition(
        "stop-escalating",
        "Suggestion: stop escalating",
        "passed up for nothing ÷ cases passed up by a person, with an accepted or closed answer",
        "For nothing: it came down again and level 1 had the answer accepted or closed; or after it was last passed up it was answered within 4 hours by people who did nothing else on it than review and acknowledge, the customer did not open it again, and no more money was given back than level 1 may give. It is suggested where that is clearly more for a topic than for all others together, surely more than half of the topic’s, and the protocol does not say already that such cases are not passed up by hand.",
        "A plan review counts moves, here cases are counted, and only what people passed up.",
    ),
    Definition(
        "promises",
        "Promises by milestone and severity",
        "kept ÷ (kept + broken), by the severity the promise was made for",
        "The same promises as in “Promises kept”. By protocol version and by team it is what the protocol asked for, told to customers or not, in time among in time and missed, by the version and the team that owed it when it began, whoever has the case now. Of imported history only reviews and answers count: its file says nothing of names and updates.",
    ),
    Definition(
        "climbs",
        "What went up, and why",
        "escalated cases that went from one level to another, or went up for that reason, at least once",
        "Of cases filed in the period. A case counts once in a cell and may stand in several. “Risk” is what was placed higher when it was assessed, or sent up the fast lane.",
    ),
    Definition(
        "false",
        "Need not have gone up",
        "came down again, or answered at once without other work ÷ escalated cases",
        "Of cases filed here. At once: within 4 hours after it was last passed up, by people who did nothing else on it than review and confirm it.",
        "A plan review counts moves, here cases are counted.",
    ),
    Definition(
        "hours",
        "Where the hours go",
        "hours at a stage with a team ÷ all hours of escalated cases",
        "Round the clock, from filing to the end, up to now for open cases; what a case was settled for counts nowhere. An hour belongs to the team that had the case then. Lost: nobody had begun yet, the case waited for its priority review or for a name. The median of a team at a milestone: half of the cases that were there took at most so long there in all.",
        "Waiting for the customer’s yes or no is no work of ours, and stands by itself. Experts’ time on cases that need not have gone up is hours with us above level 1 on cases that came down again, were answered at once without other work, or of which a colleague’s retro says that a lower level could have done it.",
    ),
    Definition(
        "training-gaps",
        "Training gaps",
        "low scores, opened again, wrong level or team first, promises broken, by topic and person",
        f"Of cases filed here, by the topic and the person they have now. A topic is compared with all others, a person with the others on the same topic; marked from {ENOUGH} cases on both sides, when the intervals do not meet.",
        "People are shown to themselves, to who leads their team and to managers, by name and never by score.",
    ),
    Definition(
        "times",
        "Times",
        "half were faster than the median, 9 in 10 faster than the 90th percentile",
        "Of cases filed in the period: from the first hand-over to the first name, from filing and from the first escalation to the answer, and the longest silence of a case in office hours. What has not ended counts as longer than it has taken so far (Kaplan and Meier).",
    ),
    Definition(
        "writing",
        "How we write",
        "updates in time ÷ (in time + missed); updates that promise when the next one comes ÷ updates; updates ÷ cases",
        "Of cases customers filed here in the period. The longest silence is the longest a case’s customer heard nothing from a person of ours while it was our turn, in office hours, read off the log; one that goes on counts up to now. Saved replies are those that messages of the period began with, and how their cases were rated.",
        "A reply is used where it fits: a low share may be its topic’s. Teams have different cases.",
    ),
    Definition(
        "compare",
        "Comparing",
        "the 95% interval of the difference leaves 0 out, or does not (Newcombe)",
        f"The second side against the first. Not comparable: {percent(MIX_MOST)} or more of the cases of one side would have to be of another topic for both to have the same mix, with at least {MIX_FROM} cases on each side. Then no difference is said.",
        "A difference says what is, never why.",
    ),
    Definition(
        "followed-up",
        "Followed up in time",
        "written to or called by their time ÷ follow-ups whose time has come",
        "Some days after a case was settled whoever solved it asks the customer, by message or by phone, whether it is still fixed; which cases, and when, is a setting. It counts in the period in which it was owed. A survey is none. Of a case that was settled several times the newest counts.",
        "Skipped counts as not followed up, whatever the reason. A case that was opened again before the time counts neither way.",
    ),
    Definition(
        "nps",
        "Net promoter score",
        "share of answers 9 and 10 − share of answers 0 to 6, in points from −100 to +100",
        "“How likely is it that you recommend us to others?”, asked of a sample of customers, of one person at most once a quarter and about no case. An answer counts in the quarter it was asked in; a changed one counts once. Response: answered ÷ asked. The interval is the adjusted one of Bonett and Price (2012) for the difference of two parts of the same answers.",
        "It is no rating of a person or a team, and who answers is not who was asked. Its interval is wide: below some hundred answers most changes mean nothing.",
    ),
    Definition(
        "coming-back",
        "Coming back after a case",
        "customers who went quiet or closed their account within 90 days after a case ÷ customers with such a case",
        "Quiet: no case filed, nothing written on any case, no sign-in, within 90 days after a case was settled for the first time. Of the customers whose 90 days were over in the period; each counts once, by the first of their cases, as escalated when it went up before it was settled. Of sign-ins only the last one is kept, so a later one counts as coming back, too. Colleagues are left out, and imported history unless it is chosen as the source.",
        "An association, never an effect: escalated cases differ from others in much more than that, and many customers have no reason to write. Who had their data erased later has no sign-in any more and may look quiet.",
    ),
    Definition(
        "pulse",
        "Pulse",
        "answers of 4 or 5 ÷ all answers, by month",
        "“How manageable was your work this month?”, asked once a month of everybody who works on cases and counted without names. A month is shown when it is over and at least 5 have answered, a team likewise, and only while what is left beside the teams shown is nobody or at least 5.",
        "Those who answer are not all who were asked. Of a group that is all on one side no share is shown: it would say what each of them said.",
    ),
    Definition(
        "deflection",
        "Needed no case",
        "visitors who said “This solved it” ÷ visitors shown articles while filing",
        "Of the last 90 days, each visitor once a day, and only who pressed a button where the articles were shown. “Answered it” of an article: those who said yes ÷ those who said yes or no, each visitor once a day. “Used on” counts cases on which a colleague used it, “read in vain before” cases whose customer had read it.",
        "Who leaves without a word is not counted: they may have given up. What somebody searched for is not kept.",
    ),
    Definition(
        "all-figures",
        "All figures",
        "the formula stands below each figure’s name",
        "Every share we count, in one table, from facts kept of each case: made anew from its log within a minute of whatever happened to it. “Came back” is a case opened again after it was settled, or a new one that goes on from it. “In time” counts clocks of the protocol, told to the customer or not, when they ended; of imported history only reviews and answers, for its file says nothing of names and updates. The numbers are those of the file and of the cases behind them.",
        "The youngest cases may still come back, go up or be told “not fixed”.",
    ),
    Definition(
        "interval",
        "95% interval",
        "Wilson’s interval of a share",
        "The range the true share lies in, 19 times in 20. With 20 answers it is about 35 points wide, with 100 about 16.",
    ),
    Definition(
        "change",
        "Up, down, no clear change",
        "the 95% interval of the difference leaves 0 out, or does not (Newcombe)",
        f"Against what is chosen under “Compare with”: as many days just before the period, or the same weekdays 52 weeks earlier, so that as many weekends stand on both sides; with “Nothing” it is not said. With at least {COMPARED} on both sides; with fewer it is “too few to tell”. Medians have changed clearly when their intervals do not meet.",
    ),
    Definition(
        "differs",
        "Clearly more, clearly less",
        "the 95% intervals of a part and of all the others together do not meet",
        f"Of topics, milestones and levels, with at least {COMPARED} on both sides; those with fewer are listed as too few to compare. This is stricter than for a change, because the part is picked for standing out.",
    ),
    Definition(
        "unusual",
        "Unusual",
        f"a week outside the limits of chance, or {IN_A_ROW} weeks in a row on one side of the middle",
        "Of the line of a share by week. The middle is the share of all weeks together. Outside the limits: chance alone would bring so many, or so few, in less than 1 week of 700 on that side (three standard deviations, counted exactly). Weeks with too few to show are left out.",
        "By chance alone a line of 12 weeks shows something unusual about 1 time in 60, one of a year 1 time in 5. It says where to look, not why.",
    ),
    Definition(
        "hidden",
        "Too few",
        "fewer than 5 are not shown",
        "A share of so few would speak of single people. Where it could be computed from a total and the cells beside it, the smallest of those is “kept back”, too. Below 30 read the interval, not the number.",
    ),
    Definition(
        "days",
        "Days and filters",
        "days and weeks of the company’s time zone; a period ends with today unless you choose dates",
        "Team, level, topic and severity are those the case has now. Imported history counts like other cases but was promised nothing, and nothing in it was escalated by a missed time: choose a source to look at one kind.",
        "Practice cases are never counted.",
    ),
)
