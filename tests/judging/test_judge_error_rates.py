"""The rules that the judge is compared with, the tables about them, and what the committed tables say."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
from judge_error_rates import DISAGREEMENTS, JUDGE_ONLY, README, write_tables
from judge_error_tables import (
    CHECKERS,
    EVERY,
    WORDS,
    Case,
    by_kind,
    constants_off,
    error_rates,
    mistakes,
    percentile,
    rate,
    times,
)
from judge_questions import JUDGE_FOLDERS, Question, Reply, ask_all, read, versions
from labelled_pairs import LabelledPair
from other_judges import simplify_rule, srbench_rule, warm_up
from peer_disagreements import disagreements, peer_pairs, peers_table, reason, spellings, write_disagreements
from places import ROOT

from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.judge import TOLERANCES
from srbench_lite.problems.sampling import Sampling

DOMAIN = {"x": Sampling(low=0.5, high=3.0), "y": Sampling(low=0.5, high=3.0)}


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    warm_up()


def formula(text: str) -> Expression:
    return Expression.parse(text, variables="xyvcmb")


def pair(found: str = "x", truth: str = "x", label: str = "exact", kind: str = "rewrite") -> LabelledPair:
    return LabelledPair(
        name=f"{found} for {truth}",
        found=formula(found),
        truth=formula(truth),
        domain=DOMAIN,
        label=label,  # type: ignore[arg-type]
        kind=kind,
    )


# What SRBench's own functions were seen to answer. The found formula stands first.
SRBENCH = {
    ("x + 5", "x"): "accepted",  # an offset
    ("3*x", "-2*x"): "accepted",  # a factor, and the sign
    ("x*y + 7.3", "x*y - 100"): "accepted",
    ("1e-5*x + y", "y"): "accepted",  # numbers below 1e-4 vanish
    ("x + 9e-5*b", "x"): "accepted",
    ("x/(y + 5e-5)", "x/y"): "accepted",
    ("x**1.0004", "x"): "accepted",  # three decimals
    ("6.674e-11*x*y", "6.674e-11*x*y"): "rejected",  # the same formula, but its constant vanishes
    ("sqrt(x^2)", "x"): "rejected",  # symbols are not positive
    ("log(y/x)", "log(y) - log(x)"): "rejected",
    ("exp(y*log(x))", "x**y"): "rejected",
    ("log(abs(x))", "log(x)"): "rejected",
    ("sqrt(x*y/b)", "sqrt(x)*sqrt(y)/sqrt(b)"): "rejected",
    ("m*c/sqrt(c^2 - v^2)", "m/sqrt(1 - v^2/c^2)"): "rejected",
    ("x + y", "x - y"): "rejected",
    ("0", "x"): "rejected",
    ("log(-2.5)*x", "log(2.5)*x"): "accepted",  # of numbers, the absolute value is taken
}
#: Those of them that are the same function of positive variables.
EQUAL = {key for key, word in SRBENCH.items() if word == "rejected"} - {("x + y", "x - y"), ("0", "x")}


@pytest.mark.parametrize(("found", "truth"), SRBENCH)
def test_srbench_rule_answers_as_srbench_does(found: str, truth: str) -> None:
    answer = srbench_rule(formula(found), formula(truth))

    assert answer.word == SRBENCH[found, truth], answer
    assert answer.rounded.count(" = ") == 1
    assert 0 <= answer.seconds <= 15


@pytest.mark.parametrize(("found", "truth"), SRBENCH)
def test_simplify_rule_accepts_the_equal_and_no_other(found: str, truth: str) -> None:
    f, g = formula(found), formula(truth)

    assert (simplify_rule(f, g, [*f.variables, *g.variables]).word == "accepted") == ((found, truth) in EQUAL)


def test_simplify_rule_needs_to_know_that_variables_are_positive() -> None:
    assert simplify_rule(formula("sqrt(x^2)"), formula("x"), []).word == "rejected"
    assert simplify_rule(formula("x^0.5"), formula("sqrt(x)"), []).word == "accepted"  # 0.5 is a half


def test_a_whole_number_is_an_integer_unless_its_spelling_is_given() -> None:
    found, truth = formula("x**2 + x"), formula("x**2 + x")

    assert srbench_rule(found, truth).word == "accepted"
    assert srbench_rule(found, truth, spelled=["2.0"]).word == "rejected"
    with pytest.raises(ValueError, match="has 1 numbers, got 2"):
        srbench_rule(found, truth, spelled=["2.0", "1"])


def test_the_limit_cuts_off() -> None:
    answer = srbench_rule(formula("9**9**9**9"), formula("x"), cpu_seconds=0.5)

    assert (answer.word, answer.seconds) == ("timeout", 0.5)


# --- tables -----------------------------------------------------------------------------------------------------------


def case(word: str, srbench: str, simplify: str, **about: str) -> Case:
    def reply(word: str, seconds: float) -> Reply:
        return Reply(word=word, why="because", detail="", seconds=seconds)

    replies = {"judge": reply(word, 0.01), "srbench": reply(srbench, 1.0), "simplify": reply(simplify, 0.5)}
    return Case(group="made", pair=pair(**about), replies=replies)


CASES = [
    case("exact", "accepted", "accepted"),
    case("exact", "rejected", "timeout"),
    case("recovered", "rejected", "rejected"),  # a mistake: the label is exact
    case("affine", "accepted", "rejected", label="neither", kind="offset"),
    case("different", "timeout", "rejected", label="neither", kind="mutated"),
    case("recovered", "rejected", "rejected", label="recovered", kind="constants off by 1e-05"),
    case("exact", "accepted", "rejected", label="recovered", kind="constants off by 1e-05"),
    case("different", "accepted", "rejected", label="by effect", kind="stray"),
]


def rows_of(table: str) -> list[list[str]]:
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[:1] + lines[2:]]


def as_dict(table: str) -> list[dict[str, str]]:
    header, *rows = rows_of(table)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_error_rates_count_by_label() -> None:
    rows = {row["rule"]: row for row in as_dict(error_rates(CASES))}

    accepted = {name: [row[c].split(" (")[0] for c in list(row)[2:]] for name, row in rows.items()}
    assert accepted == {
        "the judge": ["3 of 3", "2 of 2", "0 of 2", "0"],
        "the judge, `affine` taken too": ["3 of 3", "2 of 2", "1 of 2", "0"],
        "SRBench's rule": ["1 of 3", "1 of 2", "1 of 2", "1"],
        "`sympy.simplify`": ["1 of 3", "0 of 2", "0 of 2", "1"],
    }


def test_times_are_compared_with_the_judges() -> None:
    rows = {row["rule"]: row for row in as_dict(times(CASES))}

    assert [rows[name]["mean / the judge's"] for name in CHECKERS.values()] == ["1.0", "100.0", "50.0"]
    assert rows["the judge"]["pairs"] == str(len(CASES))
    assert [rows["SRBench's rule"][c] for c in ("median ms", "longest ms")] == ["1,000", "1,000"]


def test_percentile_is_a_value_that_occurs() -> None:
    values = [float(i) for i in range(1, 201)]

    assert percentile(values, 0.99) == 198.0
    assert percentile([3.0], 0.99) == 3.0


def test_a_rate_has_its_interval() -> None:
    assert rate(1, 2) == "1 of 2 (50.0 %, 9.5 to 90.5)"
    assert rate(0, 0) == "–"


def test_pairs_by_effect_stand_in_their_own_table() -> None:
    (effect,) = as_dict(by_kind(CASES, effect=True))
    others = as_dict(by_kind(CASES, effect=False))

    assert (effect["kind"], effect["judge: different"], effect["SRBench's rule: accepted"]) == ("stray", "1", "1 of 1")
    assert sum(int(row["pairs"]) for row in others) == len(CASES) - 1
    assert by_kind(CASES[:1], effect=True) == "There are none."


def test_constants_off_are_shares_of_the_words() -> None:
    (row,) = as_dict(constants_off(CASES))

    assert [row["off by"], row["judge: exact"], row["judge: recovered"]] == ["1e-05", "50.0 %", "50.0 %"]
    assert constants_off(CASES[:1]) == "There are none."


def test_mistakes_are_listed() -> None:
    (row,) = as_dict(mistakes(CASES))

    assert (row["label"], row["the judge says"]) == ("exact", "recovered")
    assert mistakes(CASES[:1]) == "There are none."


def test_tables_go_between_their_marks() -> None:
    page = "a\n<!-- table: one -->\nold\n<!-- end -->\nb\n<!-- table: two -->\n<!-- end -->\n"

    new = write_tables(page, {"one": r"\sqrt | 1"})

    assert new == page.replace("old", r"\sqrt | 1")
    assert write_tables(new, {"one": "old"}) == page
    with pytest.raises(ValueError, match="'three'"):
        write_tables(page, {"three": ""})


def test_an_interrupted_run_goes_on(tmp_path) -> None:
    path = tmp_path / "answers.jsonl"
    questions = [Question(checker="judge", pair=pair(found), version="1") for found in ("x", "x + 1")]
    path.write_text(
        f'{{"key": "{questions[0].key}", "word": "exact", "why": "", "detail": "", "seconds": 1}}\n'
        f'{{"key": "{questions[1].key}", "word": "aff'
    )
    stored = read(path)

    assert stored.keys() == {questions[0].key}
    assert ask_all(questions[:1], path, jobs=1, label="") == stored
    other = replace(questions[0], version="2")
    assert len({question.key for question in (*questions, other)}) == 3


# --- peers ------------------------------------------------------------------------------------------------------------


def said(word: str, why: str = "", detail: str = "") -> Reply:
    return Reply(word=word, why=why, detail=detail, seconds=0.0)


YES, NO = said("accepted"), said("rejected")


@pytest.mark.parametrize(
    ("found", "truth", "verdict", "rule", "recorded", "whole", "aligned", "expected"),
    [
        ("x + 5", "x", said("affine", "up to an additive constant; ..."), YES, "", None, None, "offset"),
        ("2*x", "x", said("affine", "up to a multiplicative constant; ..."), YES, "True", None, None, "factor"),
        ("0.0031*x", "0.003*x", said("different", "it is the truth only with a constant moved by 0.032 of itself"),
         YES, "", None, None, "a constant is off by more than 1 %"),
        ("x + 1e-3", "x", said("different", "it is the truth only without terms that change it by 0.002 standard ..."),
         YES, "", None, None, "rounding removes a term that matters"),
        ("log(x - 1)", "x", said("different", "undefined where the truth is defined"), YES, "", None, None,
         "undefined on part of the domain"),
        ("x**2", "x*x", said("exact", detail="x**2"), NO, "False", YES, YES,
         "a whole number stays a Float"),
        ("x**2.5", "x*x**1.5", said("exact", detail="x**2.5"), YES, "False", YES, YES,
         "our version of the rule accepts it, SRBench's own code did not"),
        ("3.001*x", "3*x", said("recovered", detail="3*x"), NO, "False", YES, YES,
         "rounding to 3 decimals does not remove the error of a constant"),
        ("x*0.333333333", "x/3", said("exact", detail="x*0.3333333333333333"), NO, "", NO, YES,
         "float constants that rounding does not remove"),
        ("1e-20 + sqrt(x**4)", "x**2", said("exact", detail="0 + sqrt(x**4)"), NO, "False", NO, YES,
         "SRBench's symbols are not known to be real or positive"),
        ("tanh(x)", "x", said("exact", detail="tanh(x)"), NO, "", NO, NO, "SymPy does not see the identity"),
        ("tanh(x)", "x", said("exact", detail="tanh(x)"), said("timeout"), "", NO, NO, "no answer within 15 s"),
        ("x*6e-11", "6e-11*x", said("exact", detail="x*6e-11"), NO, "", NO, YES,
         "a constant of the truth is below 1e-4 and rounds to 0"),
    ],
)  # fmt: skip
def test_disagreements_have_a_reason(
    found: str,
    truth: str,
    verdict: Reply,
    rule: Reply,
    recorded: str,
    whole: Reply | None,
    aligned: Reply | None,
    expected: str,
) -> None:
    assert reason(pair(found, truth), verdict, rule, recorded, whole, aligned)[0] == expected


def test_the_spelling_of_a_number_is_that_of_the_text() -> None:
    spelled = spellings()

    for peer, made in peer_pairs():
        values = [abs(value) for value in peer.found.constants]
        assert [float(text) for text in spelled[made.name]] == values


def test_our_rule_agrees_with_srbench_on_real_formulas() -> None:
    """Short formulas with recorded answers: both words, numbers such as 2.0 and 1.0000004."""
    spelled = spellings()
    short = [(p, q) for p, q in peer_pairs() if p.srbench in ("True", "False") and p.found.complexity < 12]
    chosen = [*[s for s in short if s[0].srbench == "True"][::40], *[s for s in short if s[0].srbench == "False"][::25]]

    for peer, made in chosen:
        answer = srbench_rule(peer.found, peer.truth, spelled=spelled[made.name])
        assert (answer.word == "accepted") == (peer.srbench == "True"), (peer, answer)


def test_kept_answers_of_another_judge_are_not_used(tmp_path, monkeypatch) -> None:
    for folder in JUDGE_FOLDERS:
        copied = tmp_path / "srbench_lite" / folder
        shutil.copytree(ROOT / "srbench_lite" / folder, copied, ignore=shutil.ignore_patterns("__pycache__"))
        assert any(copied.glob("*.py"))
    before = versions()
    monkeypatch.setattr("judge_questions.ROOT", tmp_path)
    assert versions() == before
    for folder in JUDGE_FOLDERS:
        (tmp_path / "srbench_lite" / folder / "__init__.py").write_text(f"# changed in {folder}")
        after = versions()
        assert after["judge"] != before["judge"]
        assert {name: after[name] for name in after if name != "judge"} == {
            n: before[n] for n in before if n != "judge"
        }
        before = after


def test_disagreements_with_srbench_are_counted(tmp_path) -> None:
    peers = peer_pairs()[:6]  # SRBench's own code said True three times, then False
    assert [peer.srbench for peer, _ in peers][:4] == ["True", "True", "True", "False"]

    def reply(checker: str, pair: LabelledPair) -> Reply:
        return said("exact", detail=str(pair.found)) if checker == "judge" else said("rejected", "the difference is x")

    rows = disagreements(peers, reply)
    made = peers_table(peers, reply, rows)
    write_disagreements(rows, tmp_path / "rows.csv")

    expected = sum(peer.srbench != "True" for peer, _ in peers)
    assert len(rows) == expected
    assert as_dict(made.split("\n\n")[0])[0]["SRBench's rule: not accepted"] == str(expected)
    assert sum(int(row["formulas"]) for row in as_dict(made.split("\n\n")[2])) == expected
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == expected + 1


# --- the committed page -----------------------------------------------------------------------------------------------


def tables_of_the_page() -> Mapping[str, str]:
    text = README.read_text(encoding="utf-8")
    return dict(re.findall(r"<!-- table: ([a-z ]+) -->\n(.*?)<!-- end -->", text, flags=re.S))


def test_the_page_states_the_tolerances() -> None:
    text = README.read_text(encoding="utf-8")

    for name, value in TOLERANCES.items():
        assert re.search(rf"\b{value:.0e}\b".replace("e-0", "e-"), text), name
        assert f"`{name}`" in text


def test_the_tables_of_the_page_agree_with_one_another() -> None:
    tables = tables_of_the_page()
    kinds = as_dict(tables["by kind"])
    judged: dict[tuple[str, str], list[str]] = {}
    for row in as_dict(tables["error rates"]):
        cells = [row[name] for name in list(row)[2:5]]
        judged[row["set"], row["rule"]] = cells
        for cell in cells:
            if cell != "–":
                n, of, share, low, high = map(float, re.findall(r"[0-9.]+", cell))
                interval = wilson_interval(n / of, int(of))
                assert interval is not None
                assert [share, low, high] == [float(f"{100 * v:.1f}") for v in (n / of, *interval)]
    accepting = {"the judge": ("judge: exact", "judge: recovered"), "SRBench's rule": ("SRBench's rule: accepted",),
                 "`sympy.simplify`": ("`sympy.simplify`: accepted",)}  # fmt: skip
    in_full = {row["set"] for row in kinds}  # the sample of the generated pairs stands among all of them
    assert in_full == {"collected", EVERY, JUDGE_ONLY}
    for (group, rule), cells in judged.items():
        if group not in in_full:
            continue
        for label, cell in zip(("exact", "recovered", "neither"), cells, strict=True):
            some = [row for row in kinds if (row["set"], row["label"]) == (group, label)]
            total = sum(int(row["pairs"]) for row in some)
            assert cell.startswith("–") == (total == 0)
            if rule in accepting and total:
                n = sum(int(row[column].split(" of ")[0]) for row in some for column in accepting[rule])
                assert cell.startswith(f"{n} of {total} (")
    for row in [*kinds, *as_dict(tables["by effect"])]:
        assert sum(int(row[f"judge: {word}"]) for word in WORDS) == int(row["pairs"])
    for group in in_full:
        pairs = {int(row["pairs"]) for row in as_dict(tables["times"]) if row["set"] == group}
        counted = [row for row in [*kinds, *as_dict(tables["by effect"])] if row["set"] == group]
        assert pairs == {sum(int(row["pairs"]) for row in counted)}
        assert f"{pairs.pop()} {group}" in tables["run"]
    speed = [row for row in as_dict(tables["times"]) if row["set"] == "those that all were asked about"]
    sizes = {row["set"]: int(row["pairs"]) for row in as_dict(tables["times"])}
    assert {int(row["pairs"]) for row in speed} == {sizes["collected"] + sizes["generated"]}
    assert [row["rule"] for row in speed] == list(CHECKERS.values())


def test_the_page_and_the_list_of_disagreements_agree() -> None:
    both, why = (as_dict(part) for part in tables_of_the_page()["peers"].split("\n\n")[::2])
    with DISAGREEMENTS.open(newline="", encoding="utf-8") as stream:
        listed = list(csv.DictReader(stream))

    counts = Counter((row["verdict"], row["srbench"], row["reason"]) for row in listed)
    assert counts == {tuple(row.values())[:3]: int(row["formulas"]) for row in why}
    recovered = [row["verdict"] in ("exact", "recovered") for row in listed]
    assert int(both[0]["SRBench's rule: not accepted"]) == sum(recovered)
    assert int(both[1]["SRBench's rule: accepted"]) == len(listed) - sum(recovered)
    for row, accepted in zip(listed, recovered, strict=True):
        assert accepted == (row["srbench"] != "accepted")
