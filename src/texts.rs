//! Every sentence for people, one Fluent file a language in `locales/`. Code names texts by key only.

use std::collections::{BTreeMap, HashMap};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use crate::domain::attachment::AttachmentKind;
use crate::domain::error::Error;
use crate::domain::locale::Locale;

const FILES: [(Locale, &str); 3] = [
    (Locale::Ru, include_str!("../locales/ru.ftl")),
    (Locale::En, include_str!("../locales/en.ftl")),
    (Locale::Uz, include_str!("../locales/uz.ftl")),
];

/// The texts of all languages, parsed.
pub struct Texts(HashMap<Locale, FluentBundle<FluentResource>>);

impl Texts {
    /// Parses the embedded files.
    ///
    /// # Errors
    /// Says which file is broken; a test keeps that from happening.
    pub fn load() -> Result<Self, String> {
        let mut bundles = HashMap::new();
        for (locale, source) in FILES {
            let name = locale.as_str();
            let resource = FluentResource::try_new(source.to_owned())
                .map_err(|(_, errors)| format!("locales/{name}.ftl: {errors:?}"))?;
            let language = name
                .parse()
                .map_err(|error| format!("language {name}: {error}"))?;
            let mut bundle = FluentBundle::new_concurrent(vec![language]);
            // The marks that isolate values would count towards limits and show up in apps.
            bundle.set_use_isolating(false);
            bundle
                .add_resource(resource)
                .map_err(|errors| format!("locales/{name}.ftl: {errors:?}"))?;
            bundles.insert(locale, bundle);
        }
        Ok(Self(bundles))
    }

    /// The text of `key`, with values filled in; the key itself where a text is missing.
    pub fn get(&self, locale: Locale, key: &str, values: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, *value);
        }
        let Some(bundle) = self.0.get(&locale) else {
            return key.to_owned();
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, locale = locale.as_str(), "a text is missing");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors);
        text.into_owned()
    }

    /// What a kind of attachment is called.
    pub fn attachment(&self, locale: Locale, kind: AttachmentKind) -> String {
        let key = format!("push-{}", kind.as_str().replace('_', "-"));
        self.get(locale, &key, &[])
    }

    /// The texts whose keys begin so, for programs that fill in values themselves: `{ $name }` becomes `{name}`.
    pub fn beginning_with(&self, locale: Locale, prefix: &str) -> BTreeMap<String, String> {
        let source = FILES.iter().find(|(known, _)| *known == locale);
        let lines = source.map_or("", |(_, source)| source).lines();
        lines
            .filter(|line| line.starts_with(prefix))
            .filter_map(|line| line.split_once(" = "))
            .map(|(key, text)| {
                let text = text.replace("{ $", "{").replace(" }", "}");
                (key.to_owned(), text)
            })
            .collect()
    }

    /// The sentence for an error, from its code, field and values.
    pub fn error(&self, locale: Locale, error: &Error, request: &str) -> String {
        let mut values = vec![("request", request)];
        if let Some(field) = &error.field {
            values.push(("field", field));
        }
        values.extend(
            error
                .args
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        let key = format!("error-{}", error.code.replace('_', "-"));
        self.get(locale, &key, &values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(source: &str) -> Vec<&str> {
        source
            .lines()
            .filter(|line| !line.starts_with(['#', ' ', '\t']))
            .filter_map(|line| line.split_once(" =").map(|(key, _)| key))
            .collect()
    }

    #[test]
    fn every_language_has_every_text() {
        Texts::load().unwrap();
        let [(_, first), rest @ ..] = FILES;
        for (locale, source) in rest {
            assert_eq!(keys(first), keys(source), "{}", locale.as_str());
        }
    }

    #[test]
    fn a_program_gets_texts_with_the_names_of_what_to_fill_in() {
        let texts = Texts::load().unwrap();
        let greetings = texts.beginning_with(Locale::En, "greeting-");
        assert_eq!(greetings["greeting-named"], "Hello, {name}!");
        // A text on several lines would be cut.
        for (_, source) in FILES {
            let page_texts = source.lines().skip_while(|line| !line.starts_with("page-"));
            let broken = page_texts.filter(|line| line.starts_with(' ')).count();
            assert_eq!(broken, 0);
        }
    }

    #[test]
    fn values_are_filled_in_without_marks_around_them() {
        let texts = Texts::load().unwrap();
        assert_eq!(
            texts.get(Locale::Ru, "greeting-named", &[("name", "Анна {$x}")]),
            "Здравствуйте, Анна {$x}!"
        );
        let error = Error::bad("out_of_range", "limit")
            .with("min", 1)
            .with("max", 500);
        assert_eq!(
            texts.error(Locale::En, &error, "r"),
            "Field limit must be from 1 to 500."
        );
    }
}
