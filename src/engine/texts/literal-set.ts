// Many short literals searched in one pass over a text, whatever their number: an automaton of Aho and Corasick over ASCII
// without case. It tells which groups of literals a text holds at all; where they stand is left to who needs it.

export interface LiteralSet {
  /** Column of each unit of ASCII; 0: of no literal. */
  readonly columns: Uint8Array;
  /** The state that follows a state on a column: at the sum of both, since states count in rows. */
  readonly next: Uint16Array;
  /** From this state on, each completes a literal. */
  readonly firstDone: number;
  /** By state: bits of the groups 0 to 31 that it completes, and of those from 32 on. */
  readonly lows: Int32Array;
  readonly highs: Int32Array;
}

/** Groups of one set: two words of bits. */
const MAX_GROUPS = 64;

interface Node {
  readonly children: Map<number, Node>;
  readonly groups: Set<number>;
  state: number;
  fallback: Node | undefined;
}

/** Literals by group: ASCII, in lower case, found in either. */
export function createLiteralSet(literals: readonly (readonly string[])[]): LiteralSet {
  if (literals.length > MAX_GROUPS) throw new RangeError("too many groups for one set");
  const columns = new Uint8Array(0x80);
  const root = createNode();
  let width = 1;
  for (const [group, texts] of literals.entries())
    for (const text of texts) {
      let node = root;
      for (const letter of text) {
        const unit = letter.charCodeAt(0);
        if (columns[unit] === 0) {
          columns[unit] = width;
          columns[letter.toUpperCase().charCodeAt(0)] = width;
          width += 1;
        }
        node = childOf(node, columns[unit] as number);
      }
      node.groups.add(group);
    }
  return compileNodes(linkNodes(root), columns, width);
}

function createNode(): Node {
  return { children: new Map(), groups: new Set(), state: 0, fallback: undefined };
}

function childOf(node: Node, column: number): Node {
  const known = node.children.get(column);
  if (known !== undefined) return known;
  const made = createNode();
  node.children.set(column, made);
  return made;
}

/** All nodes, nearer the root first, each with where it goes on when none of its literals does. */
function linkNodes(root: Node): readonly Node[] {
  const nodes: Node[] = [root];
  for (const node of nodes)
    for (const [column, child] of node.children) {
      let shorter = node.fallback;
      while (shorter !== undefined && !shorter.children.has(column)) shorter = shorter.fallback;
      child.fallback = shorter?.children.get(column) ?? root;
      for (const group of child.fallback.groups) child.groups.add(group);
      nodes.push(child);
    }
  return nodes;
}

function compileNodes(nodes: readonly Node[], columns: Uint8Array, width: number): LiteralSet {
  const size = nodes.length * width;
  if (size > 0x1_0000) throw new RangeError("too many literals for one set");
  const next = new Uint16Array(size);
  const lows = new Int32Array(size);
  const highs = new Int32Array(size);
  const open = nodes.filter(({ groups }) => groups.size === 0);
  const done = nodes.filter(({ groups }) => groups.size > 0);
  for (const [index, node] of [...open, ...done].entries()) node.state = index * width;
  for (const { state, children, fallback, groups } of nodes) {
    for (let column = 1; column < width; column += 1)
      next[state + column] = children.get(column)?.state ?? next[(fallback?.state ?? 0) + column] ?? 0;
    lows[state] = bitsOf(groups, 0);
    highs[state] = bitsOf(groups, 32);
  }
  return { columns, next, firstDone: open.length * width, lows, highs };
}

function bitsOf(groups: ReadonlySet<number>, first: number): number {
  let bits = 0;
  for (const group of groups) if (group >= first && group < first + 32) bits |= 1 << (group - first);
  return bits;
}
