//! Plans: named sets of limits that accounts are on, read from a file once, at the start.

use std::path::Path;

use serde::Deserialize;

use super::{Account, Limits, WrittenLimits};
use crate::domain::{Currency, FileError, parse_decimal, read_file};

/// What an account can be on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// What its amounts are in; only accounts that pay in it can be on the plan.
    pub currency: Currency,
    /// What is to be paid before the account begins, in nanos. It is shown, and nothing more is done with it.
    pub upfront_nanos: i64,
    /// Where an account's own limits say nothing; the monthly ceiling is among them.
    pub limits: Limits,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plans(Vec<Plan>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    plan: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    currency: String,
    upfront: String,
    #[serde(default)]
    limits: WrittenLimits,
}

impl Plans {
    /// From this file, or those that come with the program.
    ///
    /// # Errors
    /// [`FileError`], with the file, the plan and the field.
    pub fn load(path: Option<&Path>) -> Result<Self, FileError> {
        let (file, text) = read_file("the plans", path, include_str!("plans.toml"))?;
        Self::read(&text).map_err(|why| FileError::Unfit { file, why })
    }

    fn read(text: &str) -> Result<Self, String> {
        let File { plan } = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let plans = plan.into_iter().map(Plan::try_from).collect::<Result<Vec<_>, _>>()?;
        for (at, plan) in plans.iter().enumerate() {
            if plans[..at].iter().any(|other| other.name == plan.name) {
                return Err(format!("there are two plans named `{}`", plan.name));
            }
        }
        Ok(Self(plans))
    }

    /// The plan of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Plan> {
        self.0.iter().find(|plan| plan.name == name)
    }

    /// What an account may use: its own limits, and its plan's where those say nothing. `None` if its plan is not here, or
    /// in another currency than the account: nobody knows what it may use.
    #[must_use]
    pub fn limits(&self, account: &Account) -> Option<Limits> {
        let of_plan = match account.plan.as_deref() {
            None => Limits::default(),
            Some(name) => self.find(name).filter(|plan| plan.currency == account.currency)?.limits,
        };
        Some(account.limits.or(of_plan))
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Plan> {
        self.0.iter()
    }
}

impl TryFrom<Written> for Plan {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { name, currency, upfront, limits } = written;
        let wrong = |why: &dyn std::fmt::Display| format!("plan `{name}`: {why}");
        let fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if !(1..=64).contains(&name.len()) || !name.bytes().all(fit) {
            return Err(wrong(&"its name has 1 to 64 letters, digits, `-`, `_` or `.`"));
        }
        let currency = currency.parse().map_err(|error| wrong(&error))?;
        let upfront_nanos = parse_decimal(&upfront).ok().filter(|nanos| *nanos >= 0);
        let upfront_nanos = upfront_nanos.ok_or_else(|| wrong(&"upfront is a decimal number in a string"))?;
        let limits = limits.try_into().map_err(|error| wrong(&error))?;
        Ok(Self { name, currency, upfront_nanos, limits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_tiers_and_by_contract_come_with_the_program() {
        let plans = Plans::load(None).expect("they are good");
        let euros = |nanos: Option<i64>| nanos.map(|nanos| nanos / 1_000_000_000);
        let told: Vec<_> = plans
            .iter()
            .map(|plan| {
                let Limits { spend_nanos_per_month, output_tokens_per_hour, output_tokens_per_day, .. } = plan.limits;
                let upfront = euros(Some(plan.upfront_nanos));
                (&*plan.name, upfront, euros(spend_nanos_per_month), output_tokens_per_hour, output_tokens_per_day)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("tier-1", Some(200), Some(1_000), Some(150_000), Some(3_600_000)),
                ("tier-2", Some(500), Some(3_000), Some(300_000), Some(7_200_000)),
                ("tier-3", Some(1_000), Some(5_000), Some(450_000), Some(10_800_000)),
                ("tier-4", Some(4_000), Some(10_000), Some(600_000), Some(14_400_000)),
                ("contract", Some(0), None, None, None),
            ]
        );
    }

    #[test]
    fn a_plan_holds_in_its_own_currency_alone() {
        let plans = Plans::load(None).expect("they are good");
        let on = |plan: Option<&str>, currency: &str| Account {
            id: crate::domain::AccountId::new(),
            name: "acme".to_owned(),
            currency: currency.parse().expect("a currency"),
            plan: plan.map(str::to_owned),
            limits: Limits { concurrent_requests: Some(2), ..Limits::default() },
            created_at: crate::domain::Timestamp::UNIX_EPOCH,
            suspended_at: None,
            follows_successors: false,
        };
        let ceiling = |account: &Account| plans.limits(account).map(|limits| limits.spend_nanos_per_month);
        assert_eq!(ceiling(&on(Some("tier-1"), "EUR")), Some(Some(1_000_000_000_000)));
        assert_eq!(ceiling(&on(None, "USD")), Some(None));
        assert_eq!(ceiling(&on(Some("tier-1"), "USD")), None, "a thousand of what?");
        assert_eq!(ceiling(&on(Some("gone"), "EUR")), None);
    }

    #[test]
    fn a_mistake_names_the_plan_and_the_field() {
        let plan = |rest: &str| format!("[[plan]]\nname = \"gold\"\n{rest}");
        for (text, told) in [
            (plan("currency = \"euro\"\nupfront = \"1\""), "plan `gold`: a currency is three capital letters"),
            (plan("currency = \"EUR\"\nupfront = \"-1\""), "plan `gold`: upfront is"),
            (plan("currency = \"EUR\"\nupfront = \"1\"\nlimits.requests_per_minute = 0"), "plan `gold`: requests_per_"),
            (plan("currency = \"EUR\"\nupfront = \"1\"\nusers = 3"), "unknown field `users`"),
            (plan("currency = \"EUR\"\nupfront = \"1\"\n").repeat(2), "two plans named `gold`"),
        ] {
            let error = Plans::read(&text).expect_err(told);
            assert!(error.contains(told), "{error}");
        }
        let error = Plans::load(Some(Path::new("/nowhere/plans.toml"))).expect_err("no file").to_string();
        assert!(error.starts_with("the plans in /nowhere/plans.toml cannot be read: "), "{error}");
    }
}
