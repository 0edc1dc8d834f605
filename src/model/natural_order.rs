//! The order in which people list names: digits compare as numbers, so that `web2` is before `web10`.

use std::cmp::Ordering;

use super::name::HostName;

/// Compares two names in natural order. Runs of ASCII digits compare as numbers of any length, everything else
/// by its bytes; names that are equal so far, such as `web1` and `web01`, compare as plain text. It is a total
/// order: only equal names are equal.
#[must_use]
pub fn natural_order(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one.as_bytes(), other.as_bytes());
    loop {
        let order = match (left.first(), right.first()) {
            (None, None) => return one.cmp(other),
            (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let (number, rest) = split_number(left);
                let (number_right, rest_right) = split_number(right);
                (left, right) = (rest, rest_right);
                // Without leading noughts the longer number is the larger one.
                (number.len(), number).cmp(&(number_right.len(), number_right))
            }
            (Some(a), Some(b)) => {
                (left, right) = (left.get(1..).unwrap_or_default(), right.get(1..).unwrap_or_default());
                a.cmp(b)
            }
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The digits at the beginning without leading noughts, and what follows them.
fn split_number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    let (digits, rest) = text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, &[]));
    let noughts = digits.iter().take_while(|byte| **byte == b'0').count();
    (digits.get(noughts..).unwrap_or_default(), rest)
}

/// Sorts names of hosts into natural order.
pub fn sort_naturally(names: &mut [HostName]) {
    names.sort_by(|one, other| natural_order(one.as_str(), other.as_str()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_are_numbers() {
        let mut names = [
            "web10", "web2", "web1", "web01", "web", "db", "web2a", "web2-b", "r2-web1", "r10-web1", "7", "007",
        ];
        names.sort_by(|one, other| natural_order(one, other));
        let expected = [
            "007", "7", "db", "r2-web1", "r10-web1", "web", "web01", "web1", "web2", "web2-b", "web2a", "web10",
        ];
        assert_eq!(names, expected);
    }

    proptest! {
        #[test]
        fn it_is_a_total_order(a in "[a0-2.]{0,6}", b in "[a0-2.]{0,6}", c in "[a0-2.]{0,6}") {
            prop_assert_eq!(natural_order(&a, &b), natural_order(&b, &a).reverse());
            prop_assert_eq!(natural_order(&a, &b) == Ordering::Equal, a == b);
            if natural_order(&a, &b).is_le() && natural_order(&b, &c).is_le() {
                prop_assert!(natural_order(&a, &c).is_le());
            }
        }
    }
}
