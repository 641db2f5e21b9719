//! `wardlight user` and `wardlight token`: who may sign in, and which programs may call. They work on the
//! store, whether or not the gateway runs. No PIN and no badge stands on the command line or in the audit.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use rules::Moment;
use sha2::{Digest, Sha256};

use super::settings::{Files, Settings};
use crate::board::pin::{self, badge};
use crate::clock::{Clock, Wall};
use crate::hex;
use crate::journal::{Account, AccountRole, Entry, Journal, Record, TokenRow};

/// What to do with accounts.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum User {
    /// Add an account.
    Add {
        /// Its name.
        name: String,
        /// nurse, doctor, biomed, admin or viewer.
        #[arg(long, value_parser = role)]
        role: AccountRole,
        /// Read the PIN, 4 to 12 digits, from the first line of standard input.
        #[arg(long, required = true)]
        pin_stdin: bool,
        /// Read the badge, as a reader types it, from the second line.
        #[arg(long)]
        badge_stdin: bool,
    },
    /// Give an account a badge in the place of its last one, or take it away.
    Badge {
        /// Its name.
        name: String,
        /// Read the badge, as a reader types it, from the first line of standard input.
        #[arg(long, required_unless_present = "remove", conflicts_with = "remove")]
        badge_stdin: bool,
        /// Take it away.
        #[arg(long)]
        remove: bool,
    },
    /// List the accounts, their roles, and who has a badge.
    List,
    /// Remove an account.
    Remove {
        /// Its name.
        name: String,
    },
}

/// What to do with tokens.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum Token {
    /// Make a token for a program, and print it on the last line. It is shown once and kept nowhere.
    Create {
        /// Whose.
        name: String,
        /// nurse, doctor, biomed, admin or viewer.
        #[arg(long, value_parser = role)]
        role: AccountRole,
    },
}

fn role(word: &str) -> Result<AccountRole, String> {
    AccountRole::parse(word).ok_or_else(|| "nurse, doctor, biomed, admin or viewer".to_owned())
}

/// Carries one account command out.
///
/// # Errors
/// The store cannot be had, or what was typed is no PIN or no badge.
pub(super) async fn user(files: &Files, what: &User, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let journal = open(files)?;
    match what {
        User::Add { name, role, badge_stdin, .. } => {
            let pin_hash = pin::hash(&line()?)?;
            let badge = badge_stdin.then(|| badge(&journal)).transpose()?;
            let with = badge.map(|_| " with a badge").unwrap_or_default();
            journal.add_account(Account { name: name.clone(), role: *role, pin_hash, badge }).await?;
            audit(&journal, format!("account {name} added as {}{with}", role.word())).await?;
        }
        User::Badge { name, remove, .. } => {
            let badge = (!remove).then(|| badge(&journal)).transpose()?;
            journal.set_badge(name, badge).await?;
            let done = if *remove { "has no badge any more" } else { "was given a badge" };
            audit(&journal, format!("account {name} {done}")).await?;
        }
        User::List => {
            for account in journal.accounts().await? {
                let badge = account.badge.map(|_| "\tbadge").unwrap_or_default();
                writeln!(out, "{}\t{}{badge}", account.name, account.role.word())?;
            }
        }
        User::Remove { name } => {
            if journal.account(name).await?.is_none() {
                bail!("there is no account {name}");
            }
            journal.remove_account(name).await?;
            audit(&journal, format!("account {name} removed")).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The next line of standard input.
fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read standard input")?;
    Ok(line.trim().to_owned())
}

/// What is kept of the badge on the next line of standard input.
fn badge(journal: &Journal) -> anyhow::Result<[u8; 32]> {
    let typed = line()?;
    badge::check(&typed)?;
    Ok(journal.badge_code(&typed)?)
}

/// Carries one token command out.
///
/// # Errors
/// The store cannot be had, or the machine gives no random numbers.
pub(super) async fn token(files: &Files, what: &Token, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let journal = open(files)?;
    let Token::Create { name, role } = what;
    let token = add_token(&journal, name, *role).await?;
    audit(&journal, format!("token {name} made as {}", role.word())).await?;
    writeln!(out, "{token}")?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a token: 32 random bytes in hexadecimal, of which only the SHA-256 is kept.
pub(super) async fn add_token(journal: &Journal, name: &str, role: AccountRole) -> anyhow::Result<String> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|fault| anyhow::anyhow!("no random numbers to be had: {fault}"))?;
    let token = hex::of(&random);
    let hash = Sha256::digest(token.as_bytes()).into();
    journal.add_token(TokenRow { hash, name: name.to_owned(), role, created_at: wall() }).await?;
    Ok(token)
}

async fn audit(journal: &Journal, what: String) -> anyhow::Result<()> {
    let actor = std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned());
    let record = Record::Audit {
        wall: wall(),
        actor,
        station: "cli".to_owned(),
        what,
        reason: "command line".to_owned(),
    };
    let entry = Entry { records: vec![record], then: None };
    journal.submit(entry).map_err(|_| anyhow::anyhow!("the store does not take the audit row"))?;
    journal.flush().await?;
    Ok(())
}

fn open(files: &Files) -> anyhow::Result<Journal> {
    Ok(Journal::attach(&Settings::read(files)?.gateway.store.path)?)
}

fn wall() -> Wall {
    Clock::starting_after(Moment(0)).wall()
}
