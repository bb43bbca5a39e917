/** The colours of checkboxes and ratings. Source: Airtable Web API, field model. */
export const COLORS = [
  'yellowBright',
  'orangeBright',
  'redBright',
  'pinkBright',
  'purpleBright',
  'blueBright',
  'cyanBright',
  'tealBright',
  'greenBright',
  'grayBright',
] as const;
