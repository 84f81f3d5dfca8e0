"""Reads an MCAP file with the PyPI package mcap, through its index and as a
stream, and prints as JSON what both saw."""
import hashlib
import json
import sys

from mcap.reader import NonSeekingReader, SeekingReader


def messages(reader):
    """Per topic: schema, count, and a digest of times and contents."""
    seen = {}
    for schema, channel, message in reader.iter_messages(log_time_order=False):
        json.loads(message.data)
        t = seen.setdefault(channel.topic, {
            "schema": schema.name, "encoding": schema.encoding, "messages": channel.message_encoding,
            "keys": sorted(json.loads(schema.data)["properties"]), "count": 0, "digest": hashlib.sha256()})
        t["count"] += 1
        t["digest"].update(b"%d %d %d " % (message.sequence, message.log_time, message.publish_time))
        t["digest"].update(message.data)
    for t in seen.values():
        t["digest"] = t["digest"].hexdigest()
    return seen


def main(path):
    with open(path, "rb") as f:
        reader = SeekingReader(f, validate_crcs=True)
        summary = reader.get_summary()
        out = {
            "header": reader.get_header().library,
            "indexed": messages(reader),
            "statistics": {summary.channels[c].topic: n for c, n in summary.statistics.channel_message_counts.items()},
            "chunks": summary.statistics.chunk_count,
            "attachments": {a.name: hashlib.sha256(a.data).hexdigest() for a in reader.iter_attachments()},
            "metadata": {m.name: m.metadata for m in reader.iter_metadata()},
        }
    with open(path, "rb") as f:
        out["streamed"] = messages(NonSeekingReader(f, validate_crcs=True))
    json.dump(out, sys.stdout)


main(sys.argv[1])
