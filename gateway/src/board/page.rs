//! The page's files, inside the binary: nothing is loaded from anywhere else, and no build makes them.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::hex;

/// One file of the page.
struct Asset {
    path: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

macro_rules! assets {
    ($($path:literal as $kind:expr),+ $(,)?) => {
        [$(Asset { path: $path, kind: $kind, bytes: include_bytes!(concat!("page/", $path)) }),+]
    };
}

static INDEX: &[u8] = include_bytes!("page/index.html");

static ASSETS: [Asset; 19] = assets![
    "board.css" as "text/css; charset=utf-8",
    "icon.svg" as "image/svg+xml",
    "board.js" as SCRIPT,
    "ward.js" as SCRIPT,
    "link.js" as SCRIPT,
    "answer.js" as SCRIPT,
    "session.js" as SCRIPT,
    "sound.js" as SCRIPT,
    "words.js" as SCRIPT,
    "strip.js" as SCRIPT,
    "tile.js" as SCRIPT,
    "alarms.js" as SCRIPT,
    "dialog.js" as SCRIPT,
    "observations.js" as SCRIPT,
    "request.js" as SCRIPT,
    "detail.js" as SCRIPT,
    "vendor/preact.js" as SCRIPT,
    "vendor/htm.js" as SCRIPT,
    "vendor/LICENSES.txt" as TEXT,
];

/// A hash over all files: a screen that shows another version of the page loads it anew.
pub(super) fn hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let mut all = Sha256::new();
        all.update(INDEX);
        for asset in &ASSETS {
            all.update(asset.path);
            all.update(asset.bytes);
        }
        hex::of(all.finalize().get(..8).unwrap_or_default())
    })
}

/// `GET /`: the board.
pub(super) async fn index() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], INDEX)
}

/// `GET /page/{file}`: its files.
pub(super) async fn asset(Path(path): Path<String>) -> Result<impl IntoResponse, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.path == path);
    let asset = asset.ok_or_else(|| Problem::not_found("this file of the page"))?;
    Ok(([(CONTENT_TYPE, asset.kind)], asset.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str) -> &'static str {
        let asset = ASSETS.iter().find(|asset| asset.path == path);
        std::str::from_utf8(asset.unwrap().bytes).unwrap()
    }

    #[test]
    fn every_import_of_the_page_is_a_file_of_the_page() {
        let scripts =
            ASSETS.iter().filter(|asset| asset.kind == SCRIPT && !asset.path.starts_with("vendor/"));
        for script in scripts {
            let imports = text(script.path).lines().filter_map(|line| line.split_once(" from \""));
            for (_, rest) in imports {
                let path = rest.trim_end_matches(['"', ';']).trim_start_matches("./");
                assert!(ASSETS.iter().any(|asset| asset.path == path), "{} imports {path}", script.path);
            }
        }
    }

    #[test]
    fn nothing_is_loaded_from_outside() {
        let index = std::str::from_utf8(INDEX).unwrap();
        let pages = ASSETS.iter().filter(|asset| asset.path != "vendor/LICENSES.txt");
        let texts = pages.map(|asset| text(asset.path)).chain([index]);
        for text in texts {
            // Names of XML namespaces are no addresses that anybody visits.
            let visited = text.replace("http://www.w3.org/", "");
            assert!(!visited.contains("http://") && !visited.contains("https://"));
        }
    }
}
