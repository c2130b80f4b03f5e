"""Router of the app: its page table and page configuration, nothing else."""

import streamlit as st

st.set_page_config(
    page_title="SER Lab",
    page_icon="🎧",
    layout="wide",
    menu_items={"Get help": None, "Report a bug": None, "About": None},
)

st.navigation(
    [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/corpora.py", title="Corpora", icon=":material/library_music:"),
        st.Page("pages/benchmark.py", title="Benchmark", icon=":material/speed:"),
        st.Page("pages/model.py", title="Model", icon=":material/neurology:"),
        st.Page("pages/demo.py", title="Demo", icon=":material/mic:"),
        st.Page(
            "pages/class_demo.py",
            title="Class demo",
            icon=":material/co_present:",
        ),
    ],
    position="top",
).run()
