//! Adds to every operation the parts that follow from its method and path: parameters, headers,
//! responses, security, examples.

use std::collections::BTreeMap;

use utoipa::openapi::example::Example;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Components, Ref};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, HttpMethod, OpenApi, RefOr, Response, SecurityRequirement};

use super::{filters, headers, limits, operation, parameters, problems};
use crate::keys::Scope;

const NOT_MODIFIED: &str = "NotModified";
const MERGED: &str = "Merged";

/// Returns the name of the security scheme of a scope.
fn scheme(scope: Scope) -> String {
    format!("{}_key", scope.as_str())
}

/// Adds common parameters, headers, responses and security to every operation, and the components
/// that they refer to.
pub(crate) fn complete(document: &mut OpenApi) {
    let mut statuses = Vec::new();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operation::operations_of(item) {
            complete_operation(path, &method, operation);
            statuses.extend(
                operation
                    .responses
                    .responses
                    .keys()
                    .filter_map(|status| status.parse::<u16>().ok()),
            );
        }
    }
    statuses.sort_unstable();
    statuses.dedup();
    let components = document.components.get_or_insert_default();
    add_components(components, &statuses);
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operation::operations_of(item) {
            refer_to_parameters(operation, components);
            refer_to_examples(operation, &components.examples);
        }
    }
    let shared = components
        .responses
        .values_mut()
        .filter_map(|response| if let RefOr::T(own) = response { Some(own) } else { None });
    shared.for_each(|response| {
        response
            .content
            .values_mut()
            .for_each(|content| refer_to_example(content, &components.examples))
    });
    limits::add(document);
}

fn complete_operation(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let is_limited = !path.starts_with("/health/");
    add_problems(operation, if is_limited { &[429, 500, 503] } else { &[500, 503] });
    operation.security = Some(Vec::new());
    match method {
        HttpMethod::Get if path.starts_with("/v1/") => complete_read(operation),
        HttpMethod::Get => {}
        _ => complete_write(path, method, operation),
    }
    if path.contains("{id}") {
        complete_record(path, operation);
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        // A parameter without a schema is a shared one.
        if let RefOr::T(own) = parameter
            && own.schema.is_none()
        {
            *parameter = RefOr::Ref(operation::shared(&own.name));
        }
    }
    for (status, response) in &mut operation.responses.responses {
        match response {
            RefOr::T(own) if status.as_str() < "400" => {
                // Headers are described once, in the components.
                let own_headers: Vec<String> = own.headers.keys().cloned().collect();
                own_headers.iter().for_each(|name| headers::add(own, &[name]));
                headers::add(own, &headers::OF_ALL);
            }
            RefOr::T(_) => *response = RefOr::Ref(problem(status.parse().unwrap_or(500))),
            RefOr::Ref(_) => {}
        }
    }
}

fn complete_read(operation: &mut Operation) {
    add_shared_parameters(operation, &["If-None-Match"]);
    add_problems(operation, &[400, 406, 414]);
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") {
        headers::add(response, &headers::OF_READS);
    }
    operation
        .responses
        .responses
        .insert("304".to_owned(), RefOr::Ref(Ref::from_response_name(NOT_MODIFIED)));
}

fn complete_write(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let scope = if path.ends_with("/merge") || path.ends_with("/redactions") {
        Scope::Admin
    } else {
        Scope::Write
    };
    operation.security = Some(vec![SecurityRequirement::new(scheme(scope), [""; 0])]);
    add_shared_parameters(operation, &["dry_run", "Change-Reason", "Change-Kind"]);
    add_problems(operation, &[400, 401, 403, 422, 507]);
    match method {
        HttpMethod::Post => {
            add_shared_parameters(operation, &["Idempotency-Key"]);
            add_problems(operation, &[409]);
        }
        HttpMethod::Delete => add_problems(operation, &[409, 428]),
        _ => add_problems(operation, &[428]),
    }
    if operation.request_body.is_some() {
        add_problems(operation, &[408, 413, 415]);
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            headers::add(response, &["Dry-Run"]);
        }
    }
}

/// Adds the responses of operations on one record. All but the history redirect merged ids.
fn complete_record(path: &str, operation: &mut Operation) {
    add_problems(operation, &[404]);
    if path.ends_with("/history") {
        return;
    }
    add_problems(operation, &[410]);
    operation
        .responses
        .responses
        .insert("308".to_owned(), RefOr::Ref(Ref::from_response_name(MERGED)));
    if operation.security.as_ref().is_some_and(|security| !security.is_empty()) {
        add_shared_parameters(operation, &["If-Match"]);
        add_problems(operation, &[412]);
    }
}

fn add_shared_parameters(operation: &mut Operation, names: &[&str]) {
    let parameters = operation.parameters.get_or_insert_default();
    parameters.extend(names.iter().map(|name| RefOr::Ref(operation::shared(name))));
}

fn add_problems(operation: &mut Operation, statuses: &[u16]) {
    for status in statuses {
        operation.responses.responses.insert(status.to_string(), RefOr::Ref(problem(*status)));
    }
}

fn problem(status: u16) -> Ref {
    Ref::from_response_name(problems::name(status))
}

fn add_components(components: &mut Components, statuses: &[u16]) {
    let failures = statuses
        .iter()
        .filter_map(|status| Some((problems::name(*status), problems::response(*status)?.into())));
    components.responses.extend(failures);
    let mut add = |name: &str, description: &str, names: &[&str]| {
        let mut response = Response::new(description);
        headers::add(&mut response, &headers::OF_ALL);
        headers::add(&mut response, names);
        components.responses.insert(name.to_owned(), response.into());
    };
    add(NOT_MODIFIED, "The client has the current representation.", &["ETag", "Cache-Control"]);
    add(
        operation::DELETED,
        "The record is deleted. Earlier revisions still show it.",
        &["Dry-Run"],
    );
    add(
        MERGED,
        "The record was merged into the one at `Location`.",
        &["Location", "Cache-Control"],
    );
    components
        .headers
        .extend(headers::all().map(|(name, header)| (name.to_owned(), header.into())));
    components.parameters.extend(
        parameters::all()
            .into_iter()
            .chain(filters::shared())
            .map(|parameter| (parameter.name.clone(), parameter.into())),
    );
    for scope in Scope::ALL {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(scope.description()))
            .build();
        components.add_security_scheme(scheme(scope), SecurityScheme::Http(bearer));
    }
}

/// Replaces parameters that are equal to shared ones with references.
fn refer_to_parameters(operation: &mut Operation, components: &Components) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(own) = parameter
            && components
                .parameters
                .get(&own.name)
                .is_some_and(|shared| *shared == RefOr::T(own.clone()))
        {
            *parameter = RefOr::Ref(operation::shared(&own.name));
        }
    }
}

/// Adds the example of its schema to each body.
fn refer_to_examples(operation: &mut Operation, examples: &BTreeMap<String, RefOr<Example>>) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(|content| refer_to_example(content, examples));
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content.values_mut().for_each(|content| refer_to_example(content, examples));
        }
    }
}

fn refer_to_example(content: &mut RefOr<Content>, examples: &BTreeMap<String, RefOr<Example>>) {
    let RefOr::T(content) = content else { return };
    let Some(RefOr::Ref(schema)) = &content.schema else { return };
    let name = schema.ref_location.rsplit('/').next().unwrap_or_default().to_owned();
    if examples.contains_key(&name) {
        content.examples.insert(
            "example".to_owned(),
            RefOr::Ref(Ref::new(format!("#/components/examples/{name}"))),
        );
    }
}
