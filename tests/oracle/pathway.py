"""The pathway of a person in Y (manual, section 2)."""

from .stays import episodes

# ICD-9-CM without dots: any continuation of the first, the second exactly (or with trailing zeros to five characters).
GROUPS = {
    "schizophrenia": (("295", "297"), ("2981", "2982", "2983", "2984", "2988", "2989")),
    "bipolar": (("2960", "2961", "2964", "2965", "2966", "2967", "2968"), ()),
    "severe_personality": ((), ("3013", "30150", "30159", "30181", "30183")),
    "depressive": (("2962", "2963", "2980"), ("3004", "311", "3090", "3091")),
}
SAME_DAY = ["schizophrenia", "bipolar", "severe_personality", "depressive"]


def group_of(code):
    """The group a diagnosis falls in, or None."""
    code = code.replace(".", "")
    for group, (beginnings, codes) in GROUPS.items():
        if code.startswith(beginnings) or any(code == c.ljust(n, "0") for c in codes for n in range(len(c), 6)):
            return group
    return None


def episode_diagnosis(episode, year):
    """(date, diagnosis) of an episode open on some day of Y, or None.

    The closing diagnosis with its day where one is in sight (xxxxx is none), the opening one otherwise.
    """
    closing = episode.closing_date
    if episode.opening_date > year.last or (closing is not None and closing < year.first):
        return None
    if closing is not None and closing <= year.last and episode.closing_diagnosis not in ("", "xxxxx"):
        return closing, episode.closing_diagnosis
    return episode.opening_date, episode.opening_diagnosis


def pathway(person, stays_of_year, year):
    """The latest-dated diagnosis in a group decides; with none, the latest SPDC stay of Y whose diagnosis is in one."""
    dated = []
    for episode in episodes(person, year.year):
        diagnosis = episode_diagnosis(episode, year)
        if diagnosis and group_of(diagnosis[1]):
            dated.append((diagnosis[0], group_of(diagnosis[1])))
    if dated:
        latest = max(day for day, _ in dated)
        return min((group for day, group in dated if day == latest), key=SAME_DAY.index)
    for stay in reversed(stays_of_year):
        group = group_of(stay.last_record.diagnosi_principale)
        if group:
            return group
    return None
