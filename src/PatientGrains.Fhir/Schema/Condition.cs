using System.Buffers.Text;
using PatientGrains.Fhir.Scan;

namespace PatientGrains.Fhir.Schema;

/// <summary>A boolean FHIRPath expression over one object. An empty operand of a comparison makes it false, as FHIRPath's empty result
/// does in a constraint.</summary>
internal abstract class Condition
{
    public abstract bool Holds(in ObjectFacts facts);
}

internal sealed class Present(int slot) : Condition
{
    public override bool Holds(in ObjectFacts facts) => facts.Has(slot);
}

internal sealed class Not(Condition inner) : Condition
{
    public override bool Holds(in ObjectFacts facts) => !inner.Holds(facts);
}

internal sealed class And(Condition left, Condition right) : Condition
{
    public override bool Holds(in ObjectFacts facts) => left.Holds(facts) && right.Holds(facts);
}

internal sealed class Or(Condition left, Condition right) : Condition
{
    public override bool Holds(in ObjectFacts facts) => left.Holds(facts) || right.Holds(facts);
}

/// <summary><c>xor</c> and <c>!=</c> between booleans.</summary>
internal sealed class Differ(Condition left, Condition right) : Condition
{
    public override bool Holds(in ObjectFacts facts) => left.Holds(facts) != right.Holds(facts);
}

/// <summary><c>x = 'a'</c>, <c>x in ('a' | 'b')</c>, <c>x = true</c>; with <c>unequal</c>, <c>x != 'a'</c>.</summary>
internal sealed class IsOneOf(int slot, int capture, byte[][] texts, bool unequal) : Condition
{
    public override bool Holds(in ObjectFacts facts)
    {
        if (!facts.Has(slot))
            return false;
        var text = facts.Text(capture);
        foreach (byte[] one in texts)
        {
            if (text.SequenceEqual(one))
                return !unequal;
        }
        return unequal;
    }
}

/// <summary><c>x &gt; 0</c> and <c>x &gt;= 0</c>.</summary>
internal sealed class AtLeastZero(int slot, int capture, bool orMore) : Condition
{
    public override bool Holds(in ObjectFacts facts) =>
        facts.Has(slot) && Utf8Parser.TryParse(facts.Text(capture), out double value, out _) && (orMore ? value >= 0 : value > 0);
}

/// <summary><c>x.startsWith('a')</c>.</summary>
internal sealed class StartsWith(int slot, int capture, byte[] prefix) : Condition
{
    public override bool Holds(in ObjectFacts facts) => facts.Has(slot) && facts.Text(capture).StartsWith(prefix);
}

/// <summary><c>x.toString().contains('.')</c>.</summary>
internal sealed class HasPoint(int slot, int capture) : Condition
{
    public override bool Holds(in ObjectFacts facts) => facts.Has(slot) && facts.Text(capture).Contains((byte)'.');
}

/// <summary><c>x is Boolean</c> of a choice.</summary>
internal sealed class IsType(int slot, int choice, int property) : Condition
{
    public override bool Holds(in ObjectFacts facts) => facts.Has(slot) && facts.Chosen(choice) == property;
}

/// <summary><c>x &gt;= y</c> between dates, as far as their precision lets them be compared; a text without zone can be 14 hours
/// off.</summary>
internal sealed class NotBefore(int slot, int capture, int otherSlot, int otherCapture) : Condition
{
    public override bool Holds(in ObjectFacts facts)
    {
        if (!facts.Has(slot) || !facts.Has(otherSlot)
            || !DateText.TryParse(facts.Text(capture), out _, out bool zone, out _, out long until)
            || !DateText.TryParse(facts.Text(otherCapture), out _, out bool otherZone, out long otherFrom, out _))
            return true;
        return otherFrom < until + (zone == otherZone ? 0 : 14 * TimeSpan.TicksPerHour);
    }
}

/// <summary><c>a.count() + b.count() op n</c>.</summary>
internal sealed class CountOf(int[] slots, string comparison, int number) : Condition
{
    public override bool Holds(in ObjectFacts facts)
    {
        int sum = 0;
        foreach (int slot in slots)
            sum += facts.Count(slot);
        return comparison switch
        {
            ">" => sum > number,
            "<=" => sum <= number,
            ">=" => sum >= number,
            "<" => sum < number,
            _ => sum == number,
        };
    }
}
