import { quoteField, quoteFormula } from '../../../services/edits/links';

it('a field is named in a formula as it is called, whatever is in its name', () => {
  expect(quoteField('Title')).toBe('{Title}');
  expect(quoteField('Made {by} \\ us')).toBe('{Made {by\\} \\\\ us}');
});

it('a text in a formula is quoted, whatever is in it', () => {
  expect(quoteFormula('a "b" \\ c\nd')).toBe('"a \\"b\\" \\\\ c\\nd"');
});
