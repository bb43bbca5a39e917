import { textType } from './texts';

/** Long text in Airtable's flavour of Markdown, kept as it is. A primary field has no formatting. */
export const richText = { ...textType('richText'), primary: false };
