"""Home: what this is, what to do first, how this installation stands."""

import streamlit as st

from pages._view import cache, widgets
from pages._view.installation import first_run_notice, installation, queue_now
from pages._view.routing import through_router

through_router()
st.title("SER Lab", anchor=False)
st.markdown(
    "A lab bench for **speech emotion recognition**. It measures on this machine, with "
    "real audio, what parallel execution does to feature extraction (MFCC): time, "
    "memory, CPU and accuracy, with the baseline, the threads and the repetitions of "
    "every figure said. It trains and compares classifiers, and shows beside every "
    "random split what unseen speakers make of it."
)

with widgets.said_plainly():
    data = cache.lab()
    first_run_notice(data)

    st.subheader("First steps", anchor=False)
    one, two, three = st.columns(3, border=True)
    four, five, six = st.columns(3, border=True)
    with one:
        st.markdown("**1 · Get recordings**")
        st.write(
            "Generate a synthetic corpus (offline, under a minute), download one, or "
            "register a folder of yours."
        )
        st.page_link(
            "pages/corpora.py", label="Open Corpora", icon=":material/library_music:"
        )
    with two:
        st.markdown("**2 · Race**")
        st.write(
            "Sequential against threads and processes over the same files, live, "
            "repeated and interleaved."
        )
        st.page_link(
            "pages/benchmark.py", label="Open Benchmark", icon=":material/speed:"
        )
    with three:
        st.markdown("**3 · Read the charts**")
        st.write(
            "Speed-up, memory, cores, scaling laws, and the published figures beside "
            "yours. Export as CSV, JSON or HTML."
        )
        st.page_link(
            "pages/benchmark.py",
            label="Open the history",
            icon=":material/history:",
            query_params={"section": "history"},
        )
    with four:
        st.markdown("**4 · Train a model**")
        st.write(
            "Features and classifiers of your choice, judged on a random split and on "
            "unseen speakers side by side."
        )
        st.page_link("pages/model.py", label="Open Model", icon=":material/neurology:")
    with five:
        st.markdown("**5 · Try your own voice**")
        st.write(
            "Speak or upload a recording: which emotion a model hears, how sure it is, "
            "when, and why. A trained model is here from the start."
        )
        st.page_link("pages/demo.py", label="Open the demo", icon=":material/mic:")
    with six:
        st.markdown("**In a class?**")
        st.write("One button, under a minute, in big type, and a link for everybody.")
        st.page_link(
            "pages/class_demo.py",
            label="Open the class demo",
            icon=":material/co_present:",
        )

    queue_now(data)
    installation(data)
