//! What a host's script printed, cut into its named parts.

/// One part of a script's output: the command's streams and its exit code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// The part's name, as the script gives it (`os-release`, `updates`).
    pub name: String,
    /// Standard output, bytes that are not UTF-8 replaced.
    pub stdout: String,
    /// Standard error, bytes that are not UTF-8 replaced.
    pub stderr: String,
    /// The command's exit code.
    pub exit_code: i32,
}

/// All parts of a complete output, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sections(Vec<Section>);

impl Sections {
    /// Takes the parts over.
    #[must_use]
    pub fn new(sections: Vec<Section>) -> Self {
        Self(sections)
    }

    /// The first part of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Section> {
        self.0.iter().find(|section| section.name == name)
    }

    /// The standard output of that part; empty when the script did not make it.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).map_or("", |section| section.stdout.as_str())
    }

    /// All parts.
    pub fn iter(&self) -> impl Iterator<Item = &Section> {
        self.0.iter()
    }
}
