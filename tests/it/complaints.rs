//! What users of services that bill by use complain of, and the test that keeps it from happening here.
//!
//! | Complaint | Test |
//! |---|---|
//! | concurrent requests pass a budget that each of them fits | `of_64_at_once_exactly_those_succeed_that_the_budget_reaches` |
//! | the same, over several servers | `of_many_at_once_exactly_the_affordable_ones_are_held` |
//! | audio reserves nothing before it is worked on | `a_request_is_held_for_its_length_before_any_of_it_is_recognised_and_charged_after` |
//! | a long recording is charged only at its end | `a_recording_that_is_longer_than_it_says_is_held_as_it_comes` |
//! | "budget exceeded", by what failed requests reserved | `what_fails_is_given_back` |
//! | the same, by what a crashed server reserved | `expired_holds_are_swept_and_others_are_not` |
//! | the same, by what a client that has gone reserved | `a_client_that_has_gone_holds_no_money_and_no_place` |
//! | several keys multiply an account's limit | `many_keys_do_not_multiply_what_an_account_may` |
//! | audio without a price is free | `without_a_price_nothing_is_done` |
//! | a charge without a price goes unnoticed | `rows_that_are_sealed_anew_are_worked_out_again` |
//! | a recording is billed by the length of its transcript | `the_length_is_charged_whatever_was_said` |
//! | a stream whose client left is free | `one_who_leaves_a_stream_pays_for_what_it_heard_and_no_more` |
//! | a client that timed out and tried again pays twice | `a_client_that_comes_back_after_a_time_out_pays_once` |
//! | charges are missing or double after a crash | `killed_two_hundred_times_it_charges_each_request_once` |
//! | what was answered is lost with the process | `what_was_answered_survives_a_kill` |
//! | the sum of the charges is not the usage that is told | `sums_and_tariffs_that_were_changed_are_found` |
//! | an invoice cannot be worked out from the export | `what_is_read_from_the_csv_adds_up_to_the_trailer` |
//! | unit price times quantity is not the cost | `unit_prices_times_quantities_are_costs` |
//! | servers that write at once lose increments or wait for ever | `two_processes_share_a_book` |
//! | the same, over many accounts in any order | `many_accounts_from_two_processes_never_wait_in_a_ring` |
//! | some route is not metered | `what_is_free_needs_no_key_and_everything_else_one_that_works` |
//! | it ships open to everybody | `how_it_opens_depends_on_keys_and_address` |
//! | amounts in two currencies are added up | `costs_are_exact_and_have_line_items` |
//! | a day's budget covers more or less than a day | `a_day_is_from_midnight_to_midnight_in_utc_wherever_clocks_are_changed` |
//! | windows shift with daylight-saving time | `windows_begin_and_end_in_utc` |
//! | a new price changes old charges | `a_price_is_that_of_the_moment_at_which_a_request_is_admitted` |
//! | an empty transcript is a failure, or is charged without a rule | `silence_is_a_success_and_free_where_the_tariff_says_so` |
//! | a large ledger makes every request slow | `every_question_has_an_index` |
//! | a large export needs much memory | `an_export_comes_in_pieces_of_a_page` |
//! | a file of a closed month changes | `the_file_of_a_closed_month_is_the_same_to_the_byte` |
//! | keys are stored as they are | `what_is_written_is_read_again` |

use std::fs;
use std::path::{Path, PathBuf};

/// All sources under a folder, as one text.
fn sources(folder: &Path) -> String {
    let (mut folders, mut text) = (vec![folder.to_owned()], String::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path: PathBuf = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(&path).expect("a source file"));
            }
        }
    }
    text
}

#[test]
fn every_complaint_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = sources(&root.join("tests/it")) + &sources(&root.join("src"));
    let rows =
        include_str!("complaints.rs").lines().filter_map(|line| line.strip_prefix("//! | ")?.strip_suffix("` |"));
    let names: Vec<_> = rows.filter_map(|row| row.rsplit_once('`').map(|(_, name)| name)).collect();
    assert!(names.len() > 30, "the table is read");
    for name in names {
        assert!(tests.contains(&format!("fn {name}(")), "{name} is no test");
    }
}
