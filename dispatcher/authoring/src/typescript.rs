//! The contract in TypeScript, written from the contract itself: nothing of it is said twice.

use signalbox_plugin_host::manifest::World;
use wit_parser::{Docs, Resolve, SourceMap, Type, TypeDef, TypeDefKind, TypeId, WorldItem};

use crate::contract::WIT;
use crate::error::Error;
use crate::language;

const HEAD: &str = "// The contract in `wit/`, for editors. Written by `signalbox plugin`; not to be edited.\n";

/// The declarations of everything a plugin of this world is given and gives.
pub(crate) fn declare(world: World) -> Result<String, Error> {
    let resolve = resolve()?;
    let named = resolve.worlds.iter().find(|(_, it)| it.name == language::world(world));
    let (_, world) = named.ok_or_else(|| Error::wrong("the contract lacks a world; please report it"))?;
    let mut text = String::from(HEAD);
    for item in world.imports.values().chain(world.exports.values()) {
        if let WorldItem::Interface { id, .. } = item {
            for id in resolve.interfaces[*id].types.values() {
                text.push_str(&define(&resolve, *id));
            }
        }
    }
    Ok(text)
}

fn resolve() -> Result<Resolve, Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::wrong(format!("the contract does not read: {error}"));
    let mut sources = SourceMap::new();
    for (name, text) in WIT {
        sources.push_str(name, text);
    }
    let mut resolve = Resolve::default();
    let group = sources.parse().map_err(|(_, error)| wrong(&error))?;
    resolve.push_group(group).map_err(|error| wrong(&error))?;
    Ok(resolve)
}

/// One type; nothing for a name that another interface's type is used by.
fn define(resolve: &Resolve, id: TypeId) -> String {
    let TypeDef { name, kind, docs, .. } = &resolve.types[id];
    let name = pascal(name.as_deref().unwrap_or_default());
    let docs = comment(docs, "");
    if let TypeDefKind::Record(record) = kind {
        let fields: String = (record.fields.iter())
            .map(|it| format!("{}  {}: {};\n", comment(&it.docs, "  "), camel(&it.name), reference(resolve, &it.ty)))
            .collect();
        return format!("\n{docs}export interface {name} {{\n{fields}}}\n");
    }
    let cases: Vec<String> = if let TypeDefKind::Variant(variant) = kind {
        let case = |tag: &str, ty: &Option<Type>| match ty {
            Some(ty) => format!("{{ tag: \"{tag}\"; val: {} }}", reference(resolve, ty)),
            None => format!("{{ tag: \"{tag}\" }}"),
        };
        variant.cases.iter().map(|it| format!("{}  | {}\n", comment(&it.docs, "  "), case(&it.name, &it.ty))).collect()
    } else if let TypeDefKind::Enum(choice) = kind {
        choice.cases.iter().map(|it| format!("{}  | \"{}\"\n", comment(&it.docs, "  "), it.name)).collect()
    } else {
        return String::new();
    };
    format!("\n{docs}export type {name} =\n{};\n", cases.concat().trim_end())
}

fn reference(resolve: &Resolve, ty: &Type) -> String {
    let id = match ty {
        Type::Bool => return "boolean".into(),
        Type::String | Type::Char => return "string".into(),
        Type::Id(id) => *id,
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::S8
        | Type::S16
        | Type::S32
        | Type::S64
        | Type::F32
        | Type::F64
        | Type::ErrorContext => return "number".into(),
    };
    let TypeDef { name, kind, .. } = &resolve.types[id];
    if let Some(name) = name {
        return pascal(name);
    }
    if let TypeDefKind::Option(some) = kind {
        return format!("{} | null", reference(resolve, some));
    }
    if let TypeDefKind::List(of) = kind {
        return format!("{}[]", reference(resolve, of));
    }
    "unknown".into()
}

fn comment(docs: &Docs, indent: &str) -> String {
    let Some(docs) = docs.contents.as_deref() else { return String::new() };
    let lines: Vec<&str> = docs.trim().lines().collect();
    match lines.as_slice() {
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let body: String =
                lines.iter().map(|line| format!("{}\n", format!("{indent} * {line}").trim_end())).collect();
            format!("{indent}/**\n{body}{indent} */\n")
        }
    }
}

fn pascal(name: &str) -> String {
    name.split('-').map(capital).collect()
}

fn camel(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_string();
    first + &words.map(capital).collect::<String>()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_a_variant_and_an_enum_read_as_an_author_expects() {
        let text = declare(World::Router).unwrap();
        for expected in [
            "  receivedAtMs: number;\n",
            "  memory: Memory | null;\n",
            "  repositories: Repository[];\n",
            "export type Role =\n  /** Not one of the team. */\n  | \"outsider\"\n",
            "  | { tag: \"repository\"; val: string }\n",
            "  | { tag: \"nowhere\" }\n",
            "export interface Claim {\n",
        ] {
            assert!(text.contains(expected), "{expected} is not in\n{text}");
        }
        assert!(!text.contains("unknown") && !text.contains("Fetched"));
        assert!(declare(World::Prefetcher).unwrap().contains("export type Assembled =\n"));
    }
}
