"""A page that shows who is signed in, with the app's own door."""

import streamlit as st

from pages._view import sign_in, visitor

st.title("Door")
sign_in.sign_in()
st.code(f"person={sign_in.signed_in_as()}")
who = visitor.visitor()
st.code(f"signed_in={who.signed_in} operator={who.operator}")
