//! Counts of calls of models that end: added up by whoever writes them, in bounded space.

use minuted::catalog::Calls;

use super::{Database, account, at};

super::for_each_database!(counts_of_all_servers_add_up_in_one_row, counts_are_read_in_pages);

fn calls(model: &str, of: &str, count: i64, first: &str, last: &str) -> Calls {
    Calls { model: model.to_owned(), account: account(of), count, first_at: at(first), last_at: at(last) }
}

async fn counts_of_all_servers_add_up_in_one_row(db: Database) {
    let (here, there) = (&db.stores.calls, db.again().await.calls);
    let (day_1, day_2, day_3) = ("2026-10-01T00:00:00Z", "2026-10-02T00:00:00.000001Z", "2026-10-03T00:00:00Z");
    here.add_calls(&[calls("old", "alice", 2, day_2, day_2)]).await.expect("it is written");
    there.add_calls(&[calls("old", "alice", 3, day_1, day_3)]).await.expect("it is written");
    here.add_calls(&[calls("old", "alice", 1, day_2, day_2)]).await.expect("it is written");
    let found = db.again().await.calls.calls(None, None, 10).await.expect("it answers");
    assert_eq!(found, [calls("old", "alice", 6, day_1, day_3)]);
    here.add_calls(&[]).await.expect("nothing is written");
}

async fn counts_are_read_in_pages(db: Database) {
    let (store, day) = (&db.stores.calls, "2026-10-01T00:00:00Z");
    let all = [
        calls("Old", "bob", 1, day, day),
        calls("a", "alice", 1, day, day),
        calls("a", "bob", 2, day, day),
        calls("b", "alice", 3, day, day),
    ];
    store.add_calls(&all).await.expect("they are written");
    let first = store.calls(None, None, 3).await.expect("it answers");
    assert_eq!(first, all[..3]);
    let after = Some((first[2].model.as_str(), &first[2].account));
    assert_eq!(store.calls(None, after, 3).await, Ok(all[3..].to_vec()));
    assert_eq!(store.calls(Some("a"), None, 3).await, Ok(all[1..3].to_vec()));
    assert_eq!(store.calls(Some("a"), Some(("a", &account("alice"))), 3).await, Ok(all[2..3].to_vec()));
    assert_eq!(store.calls(Some("c"), None, 3).await, Ok(vec![]));
}
