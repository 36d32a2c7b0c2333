//! The recipes there are: those that come with the binary, and those in a folder.

use std::path::Path;

use barid_registry::{Recipe, recipe};

use super::{Invalid, files, told, unreadable};

/// All recipes, ordered by name; or everything that is wrong with the files in the folder.
pub(crate) fn recipes(folder: Option<&Path>) -> Result<Vec<Recipe>, Invalid> {
    let mut recipes = recipe::catalogue();
    let Some(folder) = folder else { return Ok(recipes) };
    let (files, mut problems) = files::find(&[folder.to_owned()]);
    for file in files {
        let name = files::shown(&file);
        match files::text(&file)
            .map_err(|error| vec![format!("{name}: {}", unreadable(&error))])
            .and_then(|text| recipe::parse(&text).map_err(|found| told(&name, &found)))
        {
            Ok(recipe) if recipes.iter().any(|known| known.name == recipe.name) => {
                problems.push(format!("{name}: name: is {}, as another recipe is called: choose another", recipe.name));
            }
            Ok(recipe) => recipes.push(recipe),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(Invalid(problems));
    }
    recipes.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
    Ok(recipes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn own(name: &str, key: &str) -> String {
        format!(
            "name: {name}\ntitle: Own\ndescription: Own.\ndocumentation: https://example.com/\nevents: ['#']\n\
             rate_hint: none\nparameters: [{{name: at, kind: url, description: Where., example: 'https://e.com'}}]\n\
             subscription: {{destination: {{{key}: '${{at}}'}}}}\n"
        )
    }

    #[test]
    fn those_in_the_folder_are_beside_those_that_are_shipped() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("own.yaml"), own("own", "url")).unwrap();
        let names: Vec<_> = recipes(Some(directory.path())).unwrap().iter().map(|own| own.name.to_string()).collect();
        assert!(
            names.is_sorted() && names.contains(&"own".to_owned()) && names.contains(&"slack".to_owned()),
            "{names:?}"
        );
        assert_eq!(recipes(None).unwrap().len() + 1, names.len());
    }

    #[test]
    fn problems_name_the_file_and_the_place() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("a.yaml"), own("slack", "url")).unwrap();
        fs::write(directory.path().join("b.yaml"), own("own", "to")).unwrap();
        let told = recipes(Some(directory.path())).unwrap_err().to_string();
        assert!(told.contains("a.yaml: name: is slack, as another recipe is called"), "{told}");
        assert!(told.contains("b.yaml:8:30: subscription.destination.to: is no key of this format"), "{told}");
        assert!(recipes(Some(&directory.path().join("absent"))).is_err());
    }
}
