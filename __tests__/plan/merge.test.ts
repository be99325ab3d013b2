import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { merge } from '../../src/plan/merge.js';
import { isTree, type Path, type Tree, valueAt } from '../../src/plan/path.js';

const key = fc.constantFrom('a', 'b', 'c', 'constructor');
const scalar = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.boolean(), fc.constantFrom('x', ''));

const { plan, section } = fc.letrec<{ plan: Tree; section: Tree }>((tie) => ({
  plan: fc.dictionary(
    key,
    fc.oneof({ depthSize: 'small' }, scalar, fc.array(scalar, { maxLength: 3 }), tie('plan')),
  ),
  section: fc.dictionary(
    key,
    fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.constant(null),
      fc.array(scalar, { maxLength: 3 }),
      tie('section'),
    ),
  ),
}));

describe('a section laid over a plan', () => {
  test('twice is the same as once', () => {
    fc.assert(
      fc.property(plan, section, (base, over) => {
        const once = merge(base, over);
        expect(merge(once, over)).toEqual(once);
      }),
    );
  });

  test('leaves keys alone that it does not name', () => {
    fc.assert(
      fc.property(plan, section, (base, over) => {
        const merged = merge(base, over);
        for (const path of leaves(base).filter((each) => !names(over, each))) {
          expect(valueAt(merged, path)).toEqual(valueAt(base, path));
        }
      }),
    );
  });

  test('has its own values at its own leaves, and nothing where it says null', () => {
    fc.assert(
      fc.property(plan, section, (base, over) => {
        const merged = merge(base, over);
        for (const path of leaves(over)) {
          const said = valueAt(over, path);
          expect(valueAt(merged, path)).toEqual(said === null ? undefined : said);
        }
      }),
    );
  });

  test('leaves no null behind, and neither the plan nor itself changed', () => {
    fc.assert(
      fc.property(plan, section, (base, over) => {
        const before = JSON.stringify([base, over]);
        expect(leaves(merge(base, over)).filter((path) => valueAt(merge(base, over), path) === null)).toEqual(
          [],
        );
        expect(JSON.stringify([base, over])).toBe(before);
      }),
    );
  });

  test('that is empty changes nothing', () => {
    fc.assert(fc.property(plan, (base) => expect(merge(base, {})).toEqual(base)));
  });
});

/** Paths to all that is no mapping. */
function leaves(tree: Tree, above: Path = []): Path[] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const path = [...above, name];
    return isTree(value) ? leaves(value, path) : [path];
  });
}

/** Whether a section says something about a path: at it, or in place of a mapping above it. */
function names(section: Tree, path: Path): boolean {
  return path.some((_, depth) => {
    const value = valueAt(section, path.slice(0, depth + 1));
    return value !== undefined && (!isTree(value) || depth === path.length - 1);
  });
}
