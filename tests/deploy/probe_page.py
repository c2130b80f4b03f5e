"""A page that says how it was reached, and uses what the app's pages use."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

st.title("Probe")
st.code(f"url={st.context.url}")
st.code(f"address={st.context.ip_address}")
file = st.file_uploader("File")
if file:
    st.code(f"uploaded={len(file.getvalue())}")
spoken = st.audio_input("Speak")
if spoken:
    st.code(f"spoken={len(spoken.getvalue())}")
st.plotly_chart(go.Figure(go.Heatmap(z=np.eye(3))))
st.dataframe({"a": [1, 2, 3]})
st.audio(np.zeros(8_000), sample_rate=8_000)
st.download_button("Download", b"downloaded", file_name="probe.txt")
st.html(
    "<script>document.cookie = 'probe=1; path=/; Secure'</script>",
    unsafe_allow_javascript=True,
)
