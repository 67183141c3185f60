// What is shown in place of a page, or of a part of it, that cannot be drawn.
import { Component, type ComponentChildren } from "preact";
import { inert } from "../text/inert";

export function Problem({ title, text }: { title: string; text: string }) {
  return (
    <div class="problem" role="alert">
      <strong>{title}</strong>
      <p>{inert(text)}</p>
    </div>
  );
}

// A part with data of an unexpected shape must not take the other parts with it.
export class Guard extends Component<{ name: string; children: ComponentChildren }, { problem: string }> {
  override state = { problem: "" };

  static override getDerivedStateFromError(error: unknown): { problem: string } {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.problem) return <Problem title={`${this.props.name} cannot be shown`} text={this.state.problem} />;
    return this.props.children;
  }
}
