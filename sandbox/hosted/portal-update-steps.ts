import type Stripe from "stripe";
import { renderClosedCheckoutPage } from "../pages/checkout-steps.js";
import { renderPortalConfirmPage, renderPortalUpdatePage } from "../pages/portal-update-pages.js";
import { merchantName } from "../resources/account.js";
import type { World } from "../world.js";
import {
  makeChange,
  type PortalChange,
  type PortalChoice,
  previewChange,
  readChange,
  refusalAtOnce,
} from "./portal-change.js";
import { confirmView, updateView } from "./portal-update-views.js";
import { fieldOf } from "./send-page.js";

type Session = Stripe.BillingPortal.Session;

/** A page to show, or the change is made. */
export type UpdateStep = { kind: "page"; page: string; status: number } | { kind: "done"; text: string };

/** The prices to choose from. */
export function offerStep(
  world: World,
  session: Session,
  { choice, message, status }: { choice: PortalChoice | null; message: string | null; status: number },
): UpdateStep {
  return { kind: "page", page: renderPortalUpdatePage(updateView(world, session, choice, message)), status };
}

/** What the change that was chosen costs. */
export function reviewStep(world: World, session: Session, choice: PortalChoice): UpdateStep {
  const change = readChange(world, session, choice);
  if (!change.ok) return refusedStep(world, session, choice, change);
  if (change.value.isMade) return alreadyMade(world, session, choice);
  return confirmPage(world, session, { change: change.value, choice }, { message: null, status: 200 });
}

/** Makes the change; one that is made already is not made again. */
export function confirmStep(world: World, session: Session, choice: PortalChoice): UpdateStep {
  const change = readChange(world, session, choice);
  if (!change.ok) return refusedStep(world, session, choice, change);
  if (change.value.isMade) return done;
  const message = refusalAtOnce(world, change.value);
  if (message !== null) return confirmPage(world, session, { change: change.value, choice }, { message, status: 402 });
  const made = makeChange(world, change.value);
  if (made.ok) return change.value.kind === "later" ? scheduled : done;
  return confirmPage(world, session, { change: change.value, choice }, made);
}

const done: UpdateStep = { kind: "done", text: "Your plan has been updated." };
const scheduled: UpdateStep = {
  kind: "done",
  text: "Your plan will change when the period you have paid for is over.",
};

/** What was posted; of a flow that only asks for confirmation, what the flow says. */
export function choiceOf({ flow }: Session, body: unknown): PortalChoice {
  const proration_date = fieldOf(body, "proration_date");
  const [item] = flow?.subscription_update_confirm?.items ?? [];
  if (item) {
    return { price: item.price ?? "", quantity: String(item.quantity ?? ""), promotion_code: "", proration_date };
  }
  const [price, quantity] = [fieldOf(body, "price"), fieldOf(body, "quantity")];
  return { price, quantity, promotion_code: fieldOf(body, "promotion_code"), proration_date };
}

function confirmPage(
  world: World,
  session: Session,
  { change, choice }: { change: PortalChange; choice: PortalChoice },
  { message, status }: { message: string | null; status: number },
): UpdateStep {
  const preview = previewChange(world, change);
  if (!preview.ok) return refusedStep(world, session, choice, preview);
  const view = confirmView(world, session, { change, choice, preview: preview.value }, message);
  return { kind: "page", page: renderPortalConfirmPage(view), status };
}

function alreadyMade(world: World, session: Session, choice: PortalChoice): UpdateStep {
  if (session.flow?.subscription_update_confirm) return done;
  return offerStep(world, session, { choice, message: "This is the plan you have. Choose another.", status: 200 });
}

/** Without anything to choose from there is only to say so. */
function refusedStep(
  world: World,
  session: Session,
  choice: PortalChoice,
  { message, status }: { message: string; status: number },
): UpdateStep {
  if (!session.flow?.subscription_update_confirm) return offerStep(world, session, { choice, message, status });
  const title = "This change cannot be made";
  return {
    kind: "page",
    page: renderClosedCheckoutPage({ merchantName, title, message, backUrl: session.return_url }),
    status,
  };
}
