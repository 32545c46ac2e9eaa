"""Parts of every page: skeleton, tables, pictures, wording."""
