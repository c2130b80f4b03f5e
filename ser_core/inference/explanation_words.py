def in_words(*a):
    return ("Stub sentence.",)
