using System.Text.Json;

namespace PatientGrains.Fhir.Tests;

/// <summary>R4 2.4.0: what a narrative may hold.</summary>
public class NarrativeTests
{
    private static IEnumerable<string> Rules(string inner, string start = "<div xmlns=\"http://www.w3.org/1999/xhtml\">")
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new { resourceType = "Patient", text =
            new { status = "generated", div = start + inner } });
        return new FhirScanner().Scan(json).Issues.Select(x => x.Rule);
    }

    [Theory]
    [InlineData("text</div>")]
    [InlineData("<p class=\"a\" title='b'>a &lt; b &amp; &#160;&#x1F600;</p></div>")]
    [InlineData("<table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table></div>  ")]
    [InlineData("<!-- a comment --><br/>a<hr /></div>")]
    [InlineData("<img src=\"#pic\" alt=\"\"/></div>")]
    [InlineData("<img src=\"data:image/png;base64,AAAA\" alt=\"\"/></div>")]
    [InlineData("<a href=\"http://x.org\" name=\"a\">a</a></div>")]
    [InlineData("<p style=\"color: red; background-image: url(data:image/png;base64,AAAA)\">a</p></div>")]
    public void Is_allowed(string inner) => Assert.Empty(Rules(inner));

    [Theory]
    [InlineData("<script>a</script></div>")]
    [InlineData("<SCRIPT>a</SCRIPT></div>")]
    [InlineData("<iframe src=\"a\">a</iframe></div>")]
    [InlineData("<form>a</form></div>")]
    [InlineData("<object>a</object></div>")]
    [InlineData("<style>a</style></div>")]
    [InlineData("<p onmouseover=\"a()\">a</p></div>")]
    [InlineData("<a href=\"javascript:a()\">a</a></div>")]
    [InlineData("<a href=\" java&#10;script:a()\">a</a></div>")]
    [InlineData("<a href=\"JaVaScRiPt&#58;a()\">a</a></div>")]
    [InlineData("<a href=\"data:text/html,a\">a</a></div>")]
    [InlineData("<p style=\"background: url(http://x.org/a)\">a</p></div>")]
    [InlineData("<p style=\"background: u\\72l(http://x.org/a)\">a</p></div>")]
    [InlineData("<p>a &nbsp; b</p></div>")]
    [InlineData("<p>a & b</p></div>")]
    [InlineData("<p>a</div>")]
    [InlineData("<p>a</p>")]
    [InlineData("<p class=a>a</p></div>")]
    [InlineData("<p class=\"a\" class=\"b\">a</p></div>")]
    [InlineData("<p class=\"a\"id=\"b\">a</p></div>")]
    [InlineData("<p xmlns=\"http://other\">a</p></div>")]
    [InlineData("<![CDATA[a]]></div>")]
    [InlineData("<?php a ?></div>")]
    [InlineData("<!-- a -- b -->a</div>")]
    [InlineData("a</div><div>b</div>")]
    [InlineData("a&#0;</div>")]
    public void Is_refused(string inner) => Assert.Contains("txt-1", Rules(inner));

    [Theory]
    [InlineData("<div>")]
    [InlineData("<p xmlns=\"http://www.w3.org/1999/xhtml\">")]
    [InlineData("<!DOCTYPE html><div xmlns=\"http://www.w3.org/1999/xhtml\">")]
    [InlineData("<?xml version=\"1.0\"?><div xmlns=\"http://www.w3.org/1999/xhtml\">")]
    public void Must_be_a_div_of_XHTML(string start) => Assert.Contains("txt-1", Rules("a</div>", start));

    [Theory]
    [InlineData("</div>")]
    [InlineData(" \n\t<p> </p><br/></div>")]
    [InlineData("<!-- a --></div>")]
    public void Must_say_something(string inner) => Assert.Contains("txt-2", Rules(inner));
}
