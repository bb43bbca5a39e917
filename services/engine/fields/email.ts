import { textType } from './texts';

/** Airtable takes any text here and only shows it as a link when it is an address. */
export const email = textType('email');
