"""Forms made from declarations: a field for each parameter."""
