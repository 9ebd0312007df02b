"""The account's agents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimulatedAgent:
    agent_id: str
    name: str


AGENTS = (
    SimulatedAgent("agent_Qm4VtZ8c_3Rk1WbYx-7NdLpA_ch", "Clinic reception"),
    SimulatedAgent("agent_h2JxUe9f_K5sGoP0i-TqBvCw_le", "Loan repayment reminders"),
    SimulatedAgent("agent_Xa7DyN6r_m8EzHl2u-SgFtRk_po", "Property viewings"),
)
AGENTS_BY_ID = {agent.agent_id: agent for agent in AGENTS}
