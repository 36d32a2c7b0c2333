//! Reading Prometheus' text format.

/// The sum of all samples of a metric that carry these labels; zero if there is none.
pub(crate) fn sum(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    text.lines().filter_map(|line| value(line, name, labels)).sum()
}

fn value(line: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let rest = line.strip_prefix(name)?;
    if !rest.starts_with([' ', '{']) {
        return None;
    }
    let carried = |(label, value): &(&str, &str)| rest.contains(&format!("{label}=\"{value}\""));
    if !labels.iter().all(carried) {
        return None;
    }
    rest.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# HELP a_total Something.
a_total{kind="x",side="left"} 2
a_total{kind="x",side="right"} 3
a_total{kind="y",side="left"} 5
a_total_more 100
b 7.5
"#;

    #[test]
    fn sums_what_carries_the_labels() {
        let is = |name, labels: &[(&str, &str)], expected: f64| {
            let found = sum(TEXT, name, labels);
            assert!((found - expected).abs() < f64::EPSILON, "{name}: {found}");
        };
        is("a_total", &[("kind", "x")], 5.0);
        is("a_total", &[], 10.0);
        is("b", &[], 7.5);
        is("c", &[], 0.0);
    }
}
