// Entry of a profile's page.
import { render } from "preact";
import "../styles/base.css";
import { Problem } from "../view/problem";
import { start_theme } from "../view/theme";

start_theme();
const root = document.getElementById("app");
if (root) render(<Problem title="This page holds no profile" text="It is the empty template: the profile's data was not put into it." />, root);
