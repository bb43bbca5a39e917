/**
 * The demo's changes in the commands language (docs/commands.md), with what they do to the untouched sample
 * base. Each is real cleaning of real data, not made up for the demo.
 */
export const DEMO_COMMANDS = {
  /** 605 of the 3,201 films have no rating; 94 say "Not Rated" already. */
  rating: 'set "MPAA Rating" to "Not Rated" in Films where {MPAA Rating} = BLANK()',
  /**
   * 16 films of 1927 to 1946 say 2027 to 2046: their years were read from two digits. 16 as long as today is
   * before 12 August 2027 (Wings), then 15.
   */
  century: 'shift "Release Date" by -100 years in Films where IS_AFTER({Release Date}, TODAY())',
  /** 22 films are linked to the older label, 307 to the company: 22 films change, one distributor is deleted. */
  merge: 'merge "Sony/Columbia" into "Sony Pictures" in Distributors',
} as const;
