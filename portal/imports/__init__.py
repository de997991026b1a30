"""Lists that are brought in: reading a file (`tables`, `csv_file`, `workbook`), what may be in it (`kinds`), what becomes of
each row (`planning`), taking it back (`undoing`). Nothing here decides who may: that is `portal.services.imports`."""
