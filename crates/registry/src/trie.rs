//! The patterns of one tenant as a tree over words, walked once per event instead of asking each pattern.
//!
//! The walk keeps the set of nodes reached by the words so far. A node enters the set once per word, however many ways lead
//! to it, so a match costs at most (words of the type) x (nodes), also for patterns made of nothing but `#`.

use std::collections::HashMap;

use barid_event::{EventType, Pattern, PatternWord};

/// The node that stands for "no word yet".
const ROOT: usize = 0;

/// The patterns of one tenant, each leading to the numbers of the subscriptions that have it.
#[derive(Debug)]
pub(crate) struct Trie {
    /// Every literal word of a pattern, numbered: the walk hashes each word of an event once and then compares numbers.
    words: HashMap<Box<str>, usize>,
    /// From (node, number of a literal word) to the next node. One map for all nodes is smaller than one for each.
    literals: HashMap<(usize, usize), usize>,
    nodes: Vec<Node>,
}

/// The end of a path of pattern words.
#[derive(Debug, Default)]
struct Node {
    /// Whether the path ends in `#`: such a node is reached again by any word.
    repeats: bool,
    /// The node after `*`.
    any_one: Option<usize>,
    /// The node after `#`.
    any_number: Option<usize>,
    /// The subscriptions with a pattern that ends here.
    subscriptions: Vec<usize>,
}

/// What a walk needs to remember. Kept by the caller between events so that a match allocates nothing once it has grown.
#[derive(Debug, Default)]
pub struct Scratch {
    reached: Vec<usize>,
    next: Vec<usize>,
    nodes: Marks,
    subscriptions: Marks,
    /// The numbers of the matching subscriptions, each once.
    pub(crate) found: Vec<usize>,
}

/// A set of numbers that is emptied in one step: a number is in it if its mark is the current one.
#[derive(Debug, Default)]
struct Marks {
    current: u64,
    marks: Vec<u64>,
}

impl Marks {
    fn clear(&mut self) {
        self.current += 1;
    }

    /// Whether `number` was not in the set before.
    fn insert(&mut self, number: usize) -> bool {
        if number >= self.marks.len() {
            self.marks.resize(number + 1, 0);
        }
        std::mem::replace(&mut self.marks[number], self.current) != self.current
    }
}

impl Default for Trie {
    fn default() -> Self {
        Self { words: HashMap::new(), literals: HashMap::new(), nodes: vec![Node::default()] }
    }
}

impl Trie {
    /// Lets what `pattern` matches lead to `subscription`.
    pub(crate) fn insert(&mut self, pattern: &Pattern, subscription: usize) {
        let mut node = ROOT;
        for word in pattern.words() {
            node = match word {
                PatternWord::Literal(text) => self.literal(node, text),
                PatternWord::One => self.any_one(node),
                PatternWord::Many => self.any_number(node),
            };
        }
        let subscriptions = &mut self.nodes[node].subscriptions;
        // A subscription's patterns come one after the other: a repeated one is the last entry.
        if subscriptions.last() != Some(&subscription) {
            subscriptions.push(subscription);
        }
    }

    /// Gives back the room that grew and is not used.
    pub(crate) fn shrink(&mut self) {
        self.words.shrink_to_fit();
        self.literals.shrink_to_fit();
        self.nodes.shrink_to_fit();
        self.nodes.iter_mut().for_each(|node| node.subscriptions.shrink_to_fit());
    }

    fn literal(&mut self, node: usize, text: &str) -> usize {
        let fresh = self.words.len();
        let word = match self.words.get(text) {
            Some(&word) => word,
            None => *self.words.entry(text.into()).or_insert(fresh),
        };
        *self.literals.entry((node, word)).or_insert_with(|| grow(&mut self.nodes))
    }

    fn any_one(&mut self, node: usize) -> usize {
        if let Some(next) = self.nodes[node].any_one {
            return next;
        }
        let next = grow(&mut self.nodes);
        self.nodes[node].any_one = Some(next);
        next
    }

    fn any_number(&mut self, node: usize) -> usize {
        // `#.#` is `#`.
        if self.nodes[node].repeats {
            return node;
        }
        if let Some(next) = self.nodes[node].any_number {
            return next;
        }
        let next = grow(&mut self.nodes);
        self.nodes[next].repeats = true;
        self.nodes[node].any_number = Some(next);
        next
    }

    /// Leaves in `scratch.found` the subscriptions with a pattern that matches.
    pub(crate) fn walk(&self, event_type: &EventType, scratch: &mut Scratch) {
        let Scratch { reached, next, nodes, subscriptions, found } = scratch;
        reached.clear();
        nodes.clear();
        self.reach(ROOT, nodes, reached);
        for word in event_type.words() {
            let word = self.words.get(word);
            next.clear();
            nodes.clear();
            for &from in &*reached {
                let node = &self.nodes[from];
                if node.repeats {
                    self.reach(from, nodes, next);
                }
                if let Some(to) = node.any_one {
                    self.reach(to, nodes, next);
                }
                if let Some(&to) = word.and_then(|&word| self.literals.get(&(from, word))) {
                    self.reach(to, nodes, next);
                }
            }
            std::mem::swap(reached, next);
        }
        found.clear();
        subscriptions.clear();
        let ended = reached.iter().flat_map(|&node| &self.nodes[node].subscriptions);
        found.extend(ended.copied().filter(|&subscription| subscriptions.insert(subscription)));
    }

    /// Adds `node`, and what a `#` of no words leads to from it: never more than one further, since `#.#` is `#`.
    fn reach(&self, node: usize, seen: &mut Marks, reached: &mut Vec<usize>) {
        for node in [Some(node), self.nodes[node].any_number].into_iter().flatten() {
            if seen.insert(node) {
                reached.push(node);
            }
        }
    }
}

fn grow(nodes: &mut Vec<Node>) -> usize {
    nodes.push(Node::default());
    nodes.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(patterns: &[&str], event_type: &str) -> Vec<usize> {
        let mut trie = Trie::default();
        for (number, pattern) in patterns.iter().enumerate() {
            trie.insert(&pattern.parse().unwrap(), number);
        }
        let mut scratch = Scratch::default();
        trie.walk(&event_type.parse().unwrap(), &mut scratch);
        scratch.found.sort_unstable();
        scratch.found
    }

    #[test]
    fn a_literal_matches_itself_only() {
        assert_eq!(walk(&["deal.won", "deal", "deal.won.big", "deal.lost"], "deal.won"), [0]);
    }

    #[test]
    fn a_star_is_one_word() {
        assert_eq!(walk(&["deal.*", "*.won", "*.*", "*", "*.*.*"], "deal.won"), [0, 1, 2]);
    }

    #[test]
    fn a_hash_is_any_number_of_words() {
        assert_eq!(walk(&["#", "deal.#", "#.deal", "#.deal.#", "deal.#.won"], "deal"), [0, 1, 2, 3]);
    }

    #[test]
    fn hashes_in_a_row_are_one() {
        let mut trie = Trie::default();
        trie.insert(&"#.#.#".parse().unwrap(), 0);
        trie.insert(&"#".parse().unwrap(), 1);
        assert_eq!(trie.nodes.len(), 2);
    }

    #[test]
    fn a_scratch_can_move_between_tries() {
        let (mut small, mut large) = (Trie::default(), Trie::default());
        small.insert(&"#".parse().unwrap(), 0);
        for (number, pattern) in ["a", "a.*", "#.b", "#"].into_iter().enumerate() {
            large.insert(&pattern.parse().unwrap(), number);
        }
        let (mut scratch, event_type) = (Scratch::default(), "a.b".parse().unwrap());
        for _ in 0..3 {
            small.walk(&event_type, &mut scratch);
            assert_eq!(scratch.found.len(), 1);
            large.walk(&event_type, &mut scratch);
            assert_eq!(scratch.found.len(), 3);
        }
    }

    #[test]
    fn many_hashes_cost_no_more_than_words_times_nodes() {
        // Backtracking tries 10^18 ways to lay `#.a.#.a...` over `a.a.a...b`.
        let hostile = vec!["#.a"; 15].join(".");
        let mut trie = Trie::default();
        trie.insert(&hostile.parse().unwrap(), 0);
        trie.insert(&format!("{hostile}.#").parse().unwrap(), 1);
        let mut scratch = Scratch::default();
        trie.walk(&format!("{}.b", vec!["a"; 120].join(".")).parse().unwrap(), &mut scratch);
        assert_eq!(scratch.found, [1]);
        assert!(scratch.reached.len() <= trie.nodes.len());
    }
}
