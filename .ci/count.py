"""Reads `go test -json`, prints what failed and a line a package, ends with the counts."""
import json, sys

passed = failed = skipped = 0
output, bad = {}, []
for line in sys.stdin:
    try:
        e = json.loads(line)
    except ValueError:
        sys.stdout.write(line)
        continue
    key = (e.get("Package") or e.get("ImportPath"), e.get("Test"))
    action = e["Action"]
    if action in ("output", "build-output"):
        output.setdefault(key, []).append(e["Output"])
    elif action == "build-fail":
        print("".join(output.get(key, [])), flush=True)
        bad.append(key)
    elif action in ("pass", "fail", "skip") and key[1]:
        passed += action == "pass"
        failed += action == "fail"
        skipped += action == "skip"
        if action != "pass":
            print("".join(output.get(key, [])), flush=True)
        # The stacks of a package whose time is up come as output of a test that had ended.
        lines = output.pop(key, [])
        ends = [i for i, text in enumerate(lines) if text.lstrip().startswith("--- ")]
        if ends and action == "pass":
            output.setdefault((key[0], None), []).extend(lines[ends[-1] + 1:])
    elif action in ("pass", "fail", "skip"):
        print(f"{'ok  ' if action != 'fail' else 'FAIL'} {key[0]} {e.get('Elapsed', 0):.1f} s", flush=True)
        if action == "fail":
            # And what still ran has had no end.
            print("".join(text for at, lines in output.items() if at[0] == key[0] for text in lines), flush=True)
            bad.append(key)
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or bad else 0)
