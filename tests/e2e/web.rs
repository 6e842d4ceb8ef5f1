//! Pages and addresses, as a browser or another system asks for them.

use std::time::Duration;

/// Who asks.
pub(crate) struct Web(ureq::Agent);

impl Web {
    pub(crate) fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .proxy(None)
            .build();
        Self(config.into())
    }

    /// What is at `url`.
    #[track_caller]
    pub(crate) fn get(&self, url: &str) -> String {
        self.0.get(url).call().unwrap().body_mut().read_to_string().unwrap()
    }

    /// What comes of sending a form.
    #[track_caller]
    pub(crate) fn post_form(&self, url: &str, fields: &[(&str, &str)]) -> String {
        self.0.post(url).send_form(fields.iter().copied()).unwrap().body_mut().read_to_string().unwrap()
    }

    /// What comes of sending JSON: the status, and the words.
    #[track_caller]
    pub(crate) fn post(&self, url: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut request = self.0.post(url).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = request.send(body).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }
}

/// The value of a form's hidden field.
#[track_caller]
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let field = page.split(&format!("name={name} value=\"")).nth(1).unwrap_or_else(|| panic!("no {name}: {page}"));
    let value = field.split('"').next().unwrap();
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
