"""tables.py TITLE EVALUATION.json...: what `whisker evaluate --json` found, as one table
of a few columns for README.md. Shares are in percent; the rows are those of the
robot as it is modelled, without assist; beside them means over perturbed ones."""
import json
import sys


def percent(x):
    return "-" if x is None else f"{100 * x:.0f}"


def number(digits):
    return lambda x: "-" if x is None else f"{x:.{digits}f}"


COUNT = str
RAT = [("trials", "trials", COUNT), ("completed %", "completed_share", percent), ("survived %", "survived_share", percent),
       ("root mm", "root_err_mm", number(1)), ("paws+head mm", "paw_head_err_mm", number(1)), ("limbs rad", "limb_joint_rms_rad", number(3)),
       ("open loop completed %", "open_loop_completed_share", percent), ("survived %", "open_loop_survived_share", percent)]
LEGS = [("trials", "trials", COUNT), ("completed %", "completed_share", percent), ("stood %", "stood_share", percent), ("joints rad", "joint_rms_rad", number(3)),
        ("open loop completed %", "open_loop_completed_share", percent)]
SHAKEN = [("perturbed: completed %", "completed_share", percent), ("survived %", "survived_share", percent)]
LATE = [("20 ms late: survived %", "survived_share", percent)]
DRAWN = [("randomised: completed %", "completed_share", percent), ("stood %", "stood_share", percent), ("joints rad", "joint_rms_rad", number(3)),
         ("open loop completed %", "open_loop_completed_share", percent)]


def columns(rows, which, names):
    """The columns of a table, a list each, its header first. Of rows of one clip the last counts."""
    by = {r["clip"]: r for r in rows}
    return [[head] + [show(by[n][key]) if n in by else "-" for n in names] for head, key, show in which]


def means(tables, keys):
    """A row for each clip, with its mean over tables."""
    of = {}
    for t in tables:
        for r in t["rows"]:
            of.setdefault(r["clip"], []).append(r)
    return [{"clip": clip} | {k: sum(r[k] for r in rows) / len(rows) for k in keys} for clip, rows in of.items()]


def main(title, *paths):
    tables = [t for p in paths for t in json.load(open(p)) if t["assist_n_per_m"] == 0]
    nominal = [t for t in tables if t["condition"] == "nominal"]
    drawn = [t for t in tables if t["condition"].startswith("randomised")]
    if not nominal or len({t["policy_sha256"] for t in tables}) != 1:
        sys.exit("tables.py: want evaluations of one policy, with a table of the nominal robot without assist")
    legs = "travel_rows" in nominal[0]
    rows = [r for t in reversed(nominal) for r in t["travel_rows" if legs else "rows"]]
    names = list(dict.fromkeys(r["clip"] for t in nominal for r in t["travel_rows" if legs else "rows"]))
    cols = [["clip"] + names] + columns(rows, LEGS if legs else RAT, names)
    late = [t for t in tables if "delay" in t["condition"]]
    shaken = [t for t in tables if t not in nominal + drawn + late]
    for which, of in (SHAKEN, shaken), (LATE, late):
        if of:
            cols += columns(means(of, [key for _, key, _ in which]), which, names)
    if drawn:
        cols += columns([r for t in reversed(drawn) for r in t["travel_rows"]], DRAWN, names)
    width = [max(map(len, c)) for c in cols]
    t = nominal[0]
    made = next((f"; synthesised clips {t['library_sha256'][:12]}" for t in nominal if t.get("library_sha256")), "")
    skipped = sum(t["starts_skipped_in_flight"] for t in nominal)
    print(f"{title}: policy {t['policy_sha256'][:12]}{made}" + (f"; {skipped} starts in flight skipped" if skipped else ""))
    for line in zip(*cols):
        print("  ".join(x.rjust(w) for x, w in zip(line, width)))


main(*sys.argv[1:])
