import { textType } from './texts';

/** Airtable takes any text here and only shows it as a link when it is one. */
export const url = textType('url');
