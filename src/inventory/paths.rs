//! Paths as a file writes them: `~/` is the home of whoever runs patchwave, and a relative path begins at
//! the file that holds it, never at the directory that patchwave happens to run in.

use std::path::{Path, PathBuf};

/// Where the paths of one file begin.
#[derive(Debug, Clone)]
pub(super) struct PathContext {
    /// The directory of the file.
    pub(super) directory: PathBuf,
    /// The home directory.
    pub(super) home: Option<PathBuf>,
}

impl PathContext {
    /// The path that is meant.
    ///
    /// # Errors
    /// When it is empty, holds a control character, or begins with a home that is not known.
    pub(super) fn resolve(&self, text: &str) -> Result<PathBuf, String> {
        if text.is_empty() || text.contains(char::is_control) {
            return Err("this is not a path".to_owned());
        }
        let Some(rest) = text.strip_prefix('~') else {
            return Ok(self.directory.join(text));
        };
        let home = self
            .home
            .as_deref()
            .ok_or("`~` cannot be used: there is no home directory")?;
        match rest.strip_prefix('/') {
            Some(rest) => Ok(home.join(rest.trim_start_matches('/'))),
            None if rest.is_empty() => Ok(home.to_owned()),
            None => Err(format!(
                "the home of another user (`~{}`) cannot be used; write the whole path",
                first(rest)
            )),
        }
    }
}

fn first(path: &str) -> String {
    Path::new(path)
        .iter()
        .next()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_where_its_file_says() {
        let context = PathContext {
            directory: "/etc/patchwave".into(),
            home: Some("/home/eve".into()),
        };
        let resolved = |text| context.resolve(text).map(|path| path.display().to_string());
        assert_eq!(resolved("~/.ssh/id").as_deref(), Ok("/home/eve/.ssh/id"));
        assert_eq!(resolved("~//etc/x").as_deref(), Ok("/home/eve/etc/x"));
        assert_eq!(resolved("keys/web").as_deref(), Ok("/etc/patchwave/keys/web"));
        assert_eq!(resolved("/root/id").as_deref(), Ok("/root/id"));
        assert!(resolved("~bob/.ssh/id").unwrap_err().contains("`~bob`"));
        assert!(resolved("").is_err());
        assert!(PathContext { home: None, ..context }.resolve("~/x").is_err());
    }
}
