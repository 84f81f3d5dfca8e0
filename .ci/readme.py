"""readme.py NAME: puts standard input into README.md, between the line
<!-- NAME --> and the next <!-- end -->, as a code block."""
import re
import sys

name, text = sys.argv[1], sys.stdin.read().rstrip()
page = open("README.md").read()
place = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.S)
if not text or len(place.findall(page)) != 1:
    sys.exit(f"readme.py: want text, and one place <!-- {name} --> in README.md")
open("README.md", "w").write(place.sub(lambda m: f"{m[1]}```\n{text}\n```\n{m[2]}", page))
