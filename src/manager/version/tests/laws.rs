//! What every order keeps, on versions made of the pieces in which the families differ, and on any text.

use proptest::prelude::*;
use std::cmp::Ordering;

use super::FAMILIES;
use crate::manager::version::alpm;

/// Pieces that mean something to at least one family.
const PIECES: [&str; 36] = [
    "0",
    "1",
    "2",
    "9",
    "10",
    "00",
    "01",
    "20240101",
    "99999999999999999999",
    ".",
    ".",
    ".",
    "-",
    "_",
    ":",
    "~",
    "^",
    "+",
    ",",
    "*",
    "a",
    "b",
    "rc",
    "pre",
    "alpha",
    "beta",
    "pl",
    "p",
    "_p",
    "_rc",
    "_git",
    "-r",
    "-1",
    "1:",
    "_1",
    "A",
];

/// Few pieces, so that versions collide and nearly collide.
fn version() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..6).prop_map(|pieces| pieces.concat())
}

fn check_laws(one: &str, two: &str, three: &str) -> Result<(), TestCaseError> {
    for (family, compare) in FAMILIES {
        prop_assert_eq!(compare(one, one), Ordering::Equal, "{} {}", family, one);
        prop_assert_eq!(
            compare(one, two),
            compare(two, one).reverse(),
            "{} {} {}",
            family,
            one,
            two
        );
        let mut sorted = [one, two, three];
        sorted.sort_by(|a, b| compare(a, b));
        let [lowest, middle, highest] = sorted;
        prop_assert_ne!(compare(lowest, middle), Ordering::Greater, "{} {:?}", family, sorted);
        prop_assert_ne!(compare(middle, highest), Ordering::Greater, "{} {:?}", family, sorted);
        let expected = compare(lowest, middle).then(compare(middle, highest));
        prop_assert_eq!(compare(lowest, highest), expected, "{} {:?}", family, sorted);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn versions_have_one_order(one in version(), two in version(), three in version()) {
        check_laws(&one, &two, &three)?;
    }

    #[test]
    fn any_text_has_a_place(one in ".{0,20}", two in ".{0,20}", three in "\\PC{0,20}") {
        check_laws(&one, &two, &three)?;
        prop_assert_eq!(alpm::compare(&one, &two), alpm::compare(&two, &one).reverse());
    }

    /// vercmp's own answers keep the laws among versions that all have a pkgrel, as all of pacman's have.
    #[test]
    fn vercmp_agrees_with_the_order(one in "[0-9a.]{1,5}-[12]", two in "[0-9a.]{1,5}-[12]") {
        prop_assert_eq!(alpm::compare(&one, &two), alpm::order(&one, &two));
    }
}
