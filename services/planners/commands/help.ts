/** What `help` answers; docs/commands.md has the whole of it. Each indented line is a command that works. */
export const HELP = `I turn exact commands into a change set that you review before anything is written. Names of several words and all texts stand in quotes; field names in a condition stand in {braces}.

Change cells:
    set "MPAA Rating" to "Not Rated" in Films where {MPAA Rating} = BLANK()
    set "Running Time" to 120, Source to empty in Films where {Title} = "Alien"
    clear "US DVD Sales" in Films where {US DVD Sales} = 0
    shift "Release Date" by -100 years in Films where IS_AFTER({Release Date}, TODAY())

Linked records, by name:
    set Director to record "Steven Spielberg" in Films where {Title} = "Jaws"
    relink Distributor from "Sony/Columbia" to "Sony Pictures" in Films
    merge "Sony/Columbia" into "Sony Pictures" in Distributors

Records:
    create in Directors: Name = "Agnes Varda"
    delete from Films where {Title} = BLANK()

Tables and fields (an undo cannot remove them, so approving new ones needs its own consent):
    create table Awards: Name as singleLineText, Year as number, Kind as singleSelect ["Oscar", "Palm"]
    create field Score in Films as number 1
    rename field "US Gross" to "Gross" in Films
    describe table Films as "All films since 1928"

Which base, when there are several:
    use "Films"

A condition is an Airtable formula and goes to the end of the command; without one, every record of the table is meant. Commands stand on lines of their own or are separated by ";". A # begins a comment.`;
