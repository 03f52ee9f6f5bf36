"""The feed of the status, as a reader of feeds sees it."""

import time

import feedparser


def test_a_feed_reader_reads_the_feed(http):
    told = {"name": "Größe & <b>mehr</b>", "impact": "none", "body": "First line\n<script>alert(1)</script>"}
    made = http.post("/admin/v1/status/incidents", json=told).raise_for_status().json()
    http.post(f"/admin/v1/status/notices/{made['id']}/updates", json={"stage": "resolved", "body": "Over."}).raise_for_status()
    until = time.monotonic() + 60
    while True:
        answer = http.get("/status/feed.atom")
        feed = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})
        entries = [entry for entry in feed.entries if entry.links[0].href.endswith(made["id"])]
        if entries and "Over." in entries[0].content[0].value:
            break
        assert time.monotonic() < until, answer.text
        time.sleep(0.1)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10" and feed.feed.id and feed.feed.updated_parsed and feed.feed.author
    assert entries[0].title == "Größe &amp; &lt;b&gt;mehr&lt;/b&gt;" or entries[0].title == told["name"]
    assert entries[0].published_parsed <= entries[0].updated_parsed
    assert "<script" not in entries[0].content[0].value
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)
