//! Which handler a request is for: the one of the longest prefix that fits, or the default.
//!
//! Read-only after it was made. Invariant: `prefixes` is sorted, and `parent` of each is the
//! longest other prefix that it begins with.

/// The most prefixes of one server.
pub const ROUTES_MAX: usize = 1024;

/// The number of the handler that takes what no prefix fits.
pub const DEFAULT_ROUTE: u16 = 0;

struct Prefix {
    bytes: Vec<u8>,
    route: u16,
    parent: Option<u16>,
}

/// The prefixes of one server.
pub(crate) struct Routes {
    prefixes: Vec<Prefix>,
    has_default: bool,
}

impl Routes {
    /// The first of the prefixes is route 1.
    pub(crate) fn new(prefixes: Vec<Vec<u8>>, has_default: bool) -> Self {
        let mut prefixes: Vec<_> = (DEFAULT_ROUTE + 1..)
            .zip(prefixes)
            .map(|(route, bytes)| Prefix { bytes, route, parent: None })
            .collect();
        prefixes.sort_by(|one, other| one.bytes.cmp(&other.bytes));
        for at in 1..prefixes.len() {
            prefixes[at].parent = find_among(&prefixes[..at], &prefixes[at].bytes);
        }
        Self { prefixes, has_default }
    }

    /// The number of the handler to ask; `None`: nobody wants it.
    #[inline]
    pub(crate) fn find(&self, request: &[u8]) -> Option<u16> {
        let default = self.has_default.then_some(DEFAULT_ROUTE);
        if self.prefixes.is_empty() {
            return default;
        }
        let after = self.prefixes.partition_point(|prefix| &prefix.bytes[..] <= request);
        let found = find_among(&self.prefixes[..after], request);
        found.map(|at| self.prefixes[usize::from(at)].route).or(default)
    }
}

/// The longest of these prefixes, all at or before `request` in order, that fits. What fits stands
/// at the last one or among its parents, for all between a prefix of `request` and `request` begin
/// with that prefix.
fn find_among(prefixes: &[Prefix], request: &[u8]) -> Option<u16> {
    let mut at = prefixes.len().checked_sub(1).map(|last| last as u16);
    while let Some(number) = at {
        let prefix = &prefixes[usize::from(number)];
        if request.starts_with(&prefix.bytes) {
            return at;
        }
        at = prefix.parent;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn find_simply(prefixes: &[Vec<u8>], request: &[u8]) -> Option<u16> {
        (1..)
            .zip(prefixes)
            .filter(|(_, prefix)| request.starts_with(prefix))
            .max_by_key(|(_, prefix)| prefix.len())
            .map(|(route, _)| route)
    }

    #[test]
    fn without_a_prefix_the_default_takes_all_or_nobody_anything() {
        assert_eq!(Routes::new(Vec::new(), true).find(b"a"), Some(DEFAULT_ROUTE));
        assert_eq!(Routes::new(Vec::new(), false).find(b"a"), None);
        assert_eq!(Routes::new(vec![b"b".to_vec()], true).find(b"a"), Some(DEFAULT_ROUTE));
    }

    proptest! {
        #[test]
        fn the_longest_prefix_that_fits_is_found(
            prefixes in proptest::collection::hash_set("[ab]{1,5}", 0..20),
            request in "[ab]{0,8}",
        ) {
            let prefixes: Vec<_> = prefixes.into_iter().map(String::into_bytes).collect();
            let routes = Routes::new(prefixes.clone(), false);
            let request = request.as_bytes();
            prop_assert_eq!(routes.find(request), find_simply(&prefixes, request));
        }
    }
}
