// Filter, search and folding. The page reads the same without it.
(function () {
    'use strict';
    var cases = Array.from(document.querySelectorAll('.case'));
    var suites = Array.from(document.querySelectorAll('.suite'));
    var rows = Array.from(document.querySelectorAll('.matrix tbody tr'));
    var chips = Array.from(document.querySelectorAll('.chip'));
    var find = document.getElementById('find');
    var shown = document.getElementById('shown');
    var unfold = document.getElementById('unfold');
    var status = '';

    function filter() {
        var words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
        function matches(text) {
            text = text.toLowerCase();
            return words.every(function (w) { return text.includes(w); });
        }
        var n = 0;
        cases.forEach(function (c) {
            var keep = (!status || c.dataset.status === status) && matches(c.dataset.find);
            c.classList.toggle('hide', !keep);
            n += keep ? 1 : 0;
        });
        suites.forEach(function (s) {
            s.classList.toggle('hide', !s.querySelector('.case:not(.hide)'));
        });
        rows.forEach(function (r) { r.classList.toggle('hide', !matches(r.textContent)); });
        shown.textContent = n === cases.length ? '' : n + ' of ' + cases.length;
    }
    chips.forEach(function (chip) {
        chip.addEventListener('click', function () {
            status = chip.dataset.status;
            chips.forEach(function (c) { c.setAttribute('aria-pressed', String(c === chip)); });
            filter();
        });
    });
    find.addEventListener('input', filter);
    document.addEventListener('keydown', function (e) {
        if (e.key === '/' && document.activeElement !== find) {
            e.preventDefault();
            find.focus();
        }
    });

    unfold.hidden = false;
    unfold.addEventListener('click', function () {
        var kept = cases.filter(function (c) { return !c.classList.contains('hide'); });
        var open = !kept.every(function (c) { return c.open; });
        kept.forEach(function (c) { c.open = open; });
        unfold.textContent = open ? 'Fold all' : 'Unfold all';
    });

    // A link to a case or a message unfolds what it stands in.
    function reveal() {
        var at = document.getElementById(location.hash.slice(1));
        if (!at || !at.matches('details')) {
            return;
        }
        for (var d = at; d; d = d.parentElement && d.parentElement.closest('details')) {
            d.open = true;
            d.classList.remove('hide');
            if (d.parentElement) {
                var suite = d.closest('.suite');
                if (suite) {
                    suite.classList.remove('hide');
                }
            }
        }
        at.scrollIntoView();
    }
    window.addEventListener('hashchange', reveal);
    document.addEventListener('click', function (e) {
        var a = e.target.closest('a[href^="#"]');
        if (a && a.getAttribute('href') === location.hash) {
            reveal(); // the same link once more gives no hashchange
        }
    });
    reveal();

    if (navigator.clipboard) {
        document.querySelectorAll('.copy').forEach(function (b) {
            b.hidden = false;
            b.addEventListener('click', function () {
                navigator.clipboard.writeText(b.previousElementSibling.textContent).then(
                    function () { b.textContent = 'copied'; },
                    function () { b.textContent = 'not allowed'; });
            });
        });
    }
}());
