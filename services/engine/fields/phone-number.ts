import { textType } from './texts';

/** Airtable takes any text here and only shows it as a number to call. */
export const phoneNumber = textType('phoneNumber');
