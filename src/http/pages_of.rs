//! Lists in pages: `{"count", "next", "previous", "results"}` with absolute links, as the helpdesk interface
//! wants them.

use poem::Request;
use poem_openapi::Object;
use poem_openapi::types::{ParseFromJSON, ToJSON};

use super::address::OwnAddress;
use crate::domain::error::Error;

/// Entries of a page where nobody asked for another number.
pub const PAGE_SIZE: u32 = 20;
/// The most entries of a page; who asks for more gets these.
pub const PAGE_SIZE_MAX: u32 = 100;

/// One page of a list.
#[derive(Debug, Object)]
pub struct PageOf<T: ParseFromJSON + ToJSON> {
    /// Entries on all pages together.
    pub count: i64,
    /// Address of the next page; null on the last one.
    pub next: Option<String>,
    /// Address of the page before; null on the first one.
    pub previous: Option<String>,
    pub results: Vec<T>,
}

/// Which page was asked for, and the address that others are made from.
#[derive(Debug)]
pub struct Paging {
    page: u64,
    size: u32,
    /// The list's absolute address, up to and with `?`.
    base: String,
    /// What else was asked, encoded as it came.
    query: Vec<String>,
}

impl Paging {
    /// Reads `page` (from 1) and `page_size` as the operation's parameters have checked them.
    ///
    /// # Errors
    /// `invalid_field` for a number below 1.
    pub fn asked(request: &Request, page: Option<u64>, size: Option<u64>) -> Result<Self, Error> {
        let OwnAddress(own) = OwnAddress::of(request);
        let query = request.uri().query().unwrap_or_default();
        let others = query.split('&').filter(|part| {
            let name = part.split('=').next().unwrap_or_default();
            !part.is_empty() && name != "page"
        });
        let at_least_one = |number: Option<u64>, name: &str| match number {
            Some(0) => Err(Error::bad("invalid_field", name)),
            number => Ok(number),
        };
        let size = at_least_one(size, "page_size")?.unwrap_or(PAGE_SIZE.into());
        Ok(Self {
            page: at_least_one(page, "page")?.unwrap_or(1),
            size: u32::try_from(size).map_or(PAGE_SIZE_MAX, |size| size.min(PAGE_SIZE_MAX)),
            base: format!("{own}{}/?", request.uri().path()),
            query: others.map(str::to_owned).collect(),
        })
    }

    pub fn limit(&self) -> u32 {
        self.size
    }

    /// Entries before this page.
    pub fn offset(&self) -> u32 {
        let before = (self.page - 1).saturating_mul(self.size.into());
        u32::try_from(before).unwrap_or(u32::MAX)
    }

    /// The page with its links, from the entries and how many there are in all.
    ///
    /// # Errors
    /// `page_not_found` beyond the end; an empty list has one page.
    pub fn of<T: ParseFromJSON + ToJSON>(
        &self,
        results: Vec<T>,
        count: i64,
    ) -> Result<PageOf<T>, Error> {
        let seen = i64::from(self.offset());
        if self.page > 1 && seen >= count {
            return Err(Error::not_found("page_not_found").on("page"));
        }
        let more = seen.saturating_add(self.size.into()) < count;
        Ok(PageOf {
            count,
            next: more.then(|| self.link(self.page.saturating_add(1))),
            previous: (self.page > 1).then(|| self.link(self.page - 1)),
            results,
        })
    }

    fn link(&self, page: u64) -> String {
        let number = format!("page={page}");
        let parts = self.query.iter().map(String::as_str);
        let query: Vec<&str> = parts.chain([number.as_str()]).collect();
        format!("{}{}", self.base, query.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(query: &str, page: Option<u64>, size: Option<u64>) -> Result<Paging, Error> {
        let request = Request::builder()
            .uri(format!("/api/things?{query}").parse().unwrap())
            .header("host", "desk.example:5000")
            .finish();
        Paging::asked(&request, page, size)
    }

    #[test]
    fn links_lead_to_the_neighbours_and_keep_the_question() {
        let paging = asked("q=%20a&page=2&page_size=5", Some(2), Some(5)).unwrap();
        assert_eq!((paging.limit(), paging.offset()), (5, 5));
        let page = paging.of(vec![1, 2], 12).unwrap();
        let link = |number| {
            format!("http://desk.example:5000/api/things/?q=%20a&page_size=5&page={number}")
        };
        assert_eq!((page.next, page.previous), (Some(link(3)), Some(link(1))));
        let last = asked("", Some(3), Some(5)).unwrap();
        assert_eq!(last.of(vec![1, 2], 12).unwrap().next, None);
    }

    #[test]
    fn sizes_have_a_limit_and_pages_an_end() {
        assert_eq!(asked("", None, None).unwrap().limit(), 20);
        assert_eq!(asked("", None, Some(u64::MAX)).unwrap().limit(), 100);
        assert_eq!(asked("", None, Some(0)).unwrap_err().code, "invalid_field");
        assert_eq!(asked("", Some(0), None).unwrap_err().code, "invalid_field");
        let empty = asked("", None, None).unwrap().of(Vec::<i64>::new(), 0);
        assert_eq!(empty.unwrap().previous, None);
        let beyond = asked("", Some(2), None).unwrap().of(Vec::<i64>::new(), 20);
        assert_eq!(beyond.unwrap_err().code, "page_not_found");
        let far = asked("", Some(u64::MAX), None).unwrap();
        assert!(far.of(Vec::<i64>::new(), i64::MAX).is_ok() || far.offset() == u32::MAX);
    }

    proptest! {
        #[test]
        fn following_next_reads_everything_once(count in 0i64..300, size in 1u64..150) {
            let (mut page, mut seen) = (1, 0);
            loop {
                let paging = asked("", Some(page), Some(size)).unwrap();
                prop_assert_eq!(i64::from(paging.offset()), seen);
                let here = (count - seen).min(paging.limit().into());
                let told = paging.of(vec![0; usize::try_from(here).unwrap()], count).unwrap();
                seen += here;
                match told.next {
                    Some(link) => {
                        page += 1;
                        let end = format!("page={page}");
                        prop_assert!(link.ends_with(&end), "{}", link);
                    }
                    None => break,
                }
            }
            prop_assert_eq!(seen, count);
        }
    }
}
