//! Who may ask: API keys and roles, as the site checks them before anything else. Only `token key:secret` is
//! taken; the other ways Frappe knows are not offered here.

use axum::http::{HeaderMap, header};

use super::doctype::{DocType, Document};
use super::refusal::{Exception, Refusal};

/// An API user of the site.
#[derive(Clone)]
pub struct Account {
    /// The key, sent in the clear before the colon.
    pub api_key: String,
    /// The secret after it.
    pub api_secret: String,
    /// The address that is the name of the user.
    pub user: String,
    /// Roles beside `All`, which everybody has who signed in.
    pub roles: Vec<String>,
}

/// Finds who signed the request: `None` is a guest.
pub(super) fn authenticate<'a>(
    accounts: &'a [Account],
    headers: &HeaderMap,
) -> Result<Option<&'a Account>, Refusal> {
    let Some(line) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let wrong = || Refusal::new(Exception::Authentication, "Invalid authentication token");
    let (scheme, pair) = line.to_str().ok().and_then(|line| line.split_once(' ')).ok_or_else(wrong)?;
    let (key, secret) = pair.split_once(':').ok_or_else(wrong)?;
    accounts
        .iter()
        .find(|account| {
            scheme.eq_ignore_ascii_case("token") && account.api_key == key && account.api_secret == secret
        })
        .map(Some)
        .ok_or_else(wrong)
}

/// Lets in an account one of whose roles has rights on the doctype.
pub(super) fn permit<'a>(account: Option<&'a Account>, doctype: &DocType) -> Result<&'a Account, Refusal> {
    account
        .filter(|account| {
            let mut roles = doctype.roles.iter();
            roles.any(|role| role == "All" || account.roles.contains(role))
        })
        .ok_or_else(|| no_permission(doctype))
}

/// Whether that document is open to the account: by a role that not everybody has, or because it is theirs.
pub(super) fn is_open_to(account: &Account, doctype: &DocType, document: &Document) -> bool {
    let mut roles = doctype.roles.iter().filter(|role| *role != "All");
    let mut owners = doctype.private_to.iter().filter_map(|field| document.get(field)?.as_str());
    doctype.private_to.is_empty()
        || roles.any(|role| account.roles.contains(role))
        || owners.any(|owner| owner == account.user)
}

/// Refuses what is not open to the account, to be made, read or changed.
pub(super) fn permit_one(account: &Account, doctype: &DocType, document: &Document) -> Result<(), Refusal> {
    if is_open_to(account, doctype, document) { Ok(()) } else { Err(no_permission(doctype)) }
}

fn no_permission(doctype: &DocType) -> Refusal {
    Refusal::new(Exception::Permission, format!("No permission for {}", doctype.name))
}
