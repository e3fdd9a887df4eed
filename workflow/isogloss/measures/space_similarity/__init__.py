"""How alike are the spaces that two languages have in one layer of one model?

Two questions are asked, and a model may say yes to one and no to the other:

*organised alike*
    Are the relations among the items of one language those among the same items of the other? A space that is turned
    or moved is still organised as before. See :mod:`.organisation` and :mod:`.cca`.
*coinciding*
    Do translations lie at the same place? See :mod:`.matching` and :mod:`.languages`.
"""
